import StrataModel
import StrataRefs

/// What a transaction came to, in a store or in the model.
struct HistoryVerdict {
    private let rejections: [RefRejection?]
    private let error: RefError?

    init(_ result: Result<RefTransactionResult, RefError>) {
        switch result {
        case .success(let result): (rejections, error) = (result.rejections, nil)
        case .failure(let failure): (rejections, error) = ([], failure)
        }
    }

    /// Whether it was not stopped as a whole.
    var isDone: Bool { error == nil }

    /// Whether two stores have come to the same.
    ///
    /// A store in which a name's directory can be in the way finds conflicts early, and then says so before it says anything else; what
    /// is in the way is the same.
    func agrees(with other: HistoryVerdict) -> Bool {
        switch (error, other.error) {
        case (nil, nil):
            return rejections.map(Self.words) == other.rejections.map(Self.words)
        case (let mine?, let theirs?):
            if mine.rejection?.reason == .nameConflict || theirs.rejection?.reason == .nameConflict { return true }
            return mine.code == theirs.code && mine.message == theirs.message
        default: return false
        }
    }

    private static func words(_ rejection: RefRejection?) -> String {
        guard let rejection else { return "done" }
        // The words before a conflict's may tell that it was found early.
        let isConflict = rejection.reason == .nameConflict
        return isConflict ? "nameConflict" : "\(rejection.reason) \(rejection.message)"
    }
}

extension HistoryVerdict: CustomStringConvertible {
    var description: String {
        if let error { return "'\(error.message)'" }
        return "[" + rejections.map { $0.map { "'\($0.message)'" } ?? "done" }.joined(separator: ", ") + "]"
    }
}
