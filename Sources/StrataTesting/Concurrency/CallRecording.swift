import StrataRefs

/// Turns the answer to a transaction into what is known by it.
struct CallRecording {
    let thread: Int
    let start: Int
    let end: Int
    let asked: String

    func record(
        _ edits: [HistoryEdit], isBatched: Bool, _ answer: Result<RefTransactionResult, RefError>,
        _ records: inout HistoryRecorder.Records
    ) {
        switch answer {
        case .success(let result):
            guard isBatched else { return accept(edits, "done", &records) }
            for (edit, rejection) in zip(edits, result.rejections) {
                if let rejection {
                    reject(edit, rejection, isBatched: true, &records)
                } else {
                    accept([edit], "\(edit.text) done", &records)
                }
            }
        case .failure(let error):
            switch error.code {
            case .rejected:
                refuse(edits, "rejected: \(error.rejection?.reason.text ?? error.message)", &records)
                if let rejection = error.rejection, let edit = rejected(rejection, edits) {
                    see(edit, rejection, isBatched: false, &records)
                }
            case .locked, .refused, .invalid, .unsupported: refuse(edits, "refused: \(error.message)", &records)
            default:
                // Whether it has happened is not known.
                let touches = edits.flatMap(\.touches)
                for touch in touches { note(touch, isCertain: false, &records) }
                records.operations.append(operation(touches, "failed: \(error.message)", isCertain: false))
            }
        }
    }

    private func accept(_ edits: [HistoryEdit], _ answer: String, _ records: inout HistoryRecorder.Records) {
        let touches = edits.flatMap(\.touches)
        for touch in touches { note(touch, isCertain: true, &records) }
        records.operations.append(operation(touches, answer))
    }

    private func note(
        _ touch: HistoryOperation.Touch, isCertain: Bool, _ records: inout HistoryRecorder.Records
    ) {
        guard let value = touch.writes else { return }
        records.written[touch.slot, default: []].append((value, isCertain))
    }

    private func reject(
        _ edit: HistoryEdit, _ rejection: RefRejection, isBatched: Bool, _ records: inout HistoryRecorder.Records
    ) {
        refuse([edit], "\(edit.text) rejected: \(rejection.reason.text)", &records)
        see(edit, rejection, isBatched: isBatched, &records)
    }

    private func refuse(_ edits: [HistoryEdit], _ answer: String, _ records: inout HistoryRecorder.Records) {
        for case let value? in edits.map(\.touch.writes) where value != 0 {
            records.refused[value] = operation([], answer).line
        }
    }

    private func see(
        _ edit: HistoryEdit, _ rejection: RefRejection, isBatched: Bool, _ records: inout HistoryRecorder.Records
    ) {
        guard let seen = edit.seen(by: rejection, isBatched: isBatched) else { return }
        records.operations.append(operation([seen], "\(edit.text) rejected: \(rejection.reason.text)"))
    }

    /// The edit that was rejected: named by its reference, or by the one that it leads to.
    private func rejected(_ rejection: RefRejection, _ edits: [HistoryEdit]) -> HistoryEdit? {
        edits.first { $0.edit.name == rejection.reference || HistoryValues.names[$0.touch.slot] == rejection.reference }
    }

    private func operation(
        _ touches: [HistoryOperation.Touch], _ answer: String, isCertain: Bool = true
    ) -> HistoryOperation {
        HistoryOperation(
            thread: thread, start: start, end: end, touches: touches, isCertain: isCertain, text: "\(asked): \(answer)")
    }
}
