import StrataModel
import StrataRefs

/// One way to look into a snapshot.
enum Glance: Equatable {
    case read([Int])
    /// All by one call.
    case readTogether([Int])
    case list
    case pause

    /// How the values of a glance belong together.
    enum Kind {
        case single, together, listing
    }

    var kind: Kind {
        switch self {
        case .list: .listing
        case .readTogether: .together
        case .read, .pause: .single
        }
    }

    static func snapshot(of store: any RefStore) -> Result<any RefSnapshot, StoreFailure> {
        do throws(RefError) { return .success(try store.snapshot()) } catch {
            return .failure(StoreFailure(ConcurrencyCheck.reads, "no snapshot is to be had: \(error)"))
        }
    }

    /// What is seen: of slots that the history has, also those that hold nothing.
    func values(
        in snapshot: any RefSnapshot, _ script: HistoryScript
    ) -> Result<[(slot: Int, value: Int)], StoreFailure> {
        do throws(RefError) {
            var values: [(slot: Int, value: Int)] = []
            switch self {
            case .pause: break
            case .read(let slots), .readTogether(let slots):
                for (slot, found) in zip(slots, try found(slots, in: snapshot)) {
                    guard let value = script.values.number(of: found) else {
                        return .failure(Self.foreign(slot, found))
                    }
                    values.append((slot, value))
                }
            case .list:
                var found: [Int: Int] = [:]
                var cursor = try snapshot.cursor(over: .refs)
                while let view = try cursor.next() {
                    let name = view.refName
                    guard let slot = HistoryValues.slots[name] else {
                        return .failure(
                            StoreFailure(ConcurrencyCheck.reads, "a listing has '\(name)', which nobody wrote"))
                    }
                    guard let value = script.values.number(of: view.value), value != 0 else {
                        return .failure(Self.foreign(slot, view.value))
                    }
                    if found.updateValue(value, forKey: slot) != nil {
                        return .failure(StoreFailure(ConcurrencyCheck.reads, "a listing has '\(name)' twice"))
                    }
                }
                values = script.slots.sorted().map { ($0, found[$0] ?? 0) }
            }
            return .success(values)
        } catch {
            return .failure(StoreFailure(ConcurrencyCheck.reads, "a reference cannot be read: \(error)"))
        }
    }

    private func found(_ slots: [Int], in snapshot: any RefSnapshot) throws(RefError) -> [RefValue?] {
        let names = slots.map { HistoryValues.names[$0] }
        if kind == .together { return try snapshot.read(names) }
        var found: [RefValue?] = []
        for name in names { found.append(try snapshot.read(name)) }
        return found
    }

    private static func foreign(_ slot: Int, _ value: RefValue?) -> StoreFailure {
        let text = value.map { "\($0)" } ?? "nothing"
        return StoreFailure(
            ConcurrencyCheck.reads, "'\(HistoryValues.names[slot])' holds \(text), which nobody wrote")
    }
}

extension HistoryRecorder {
    /// The answer; a failure is written down.
    func good<Answer>(_ answer: Result<Answer, StoreFailure>) -> Answer? {
        switch answer {
        case .success(let answer): return answer
        case .failure(let failure):
            change { $0.failures.append(failure) }
            return nil
        }
    }
}
