public import StrataModel
import Synchronization

/// Something that is wrong with an object that is received.
public struct ReceivedProblem: Sendable, Hashable {
    public let object: ObjectID?
    /// Whether it keeps the object from being received, else a warning.
    public let isError: Bool
    /// What is wrong, in git's words.
    public let message: [UInt8]
    /// The finding that it is, where it is one.
    public let finding: ObjectFinding?

    /// What an object's check has found.
    init(_ id: ObjectID, _ finding: ObjectFinding) {
        object = id
        isError = finding.isError
        message = Array("object \(id): ".utf8) + finding.text
        self.finding = finding
    }

    /// An error that is no finding of a check.
    init(_ id: ObjectID?, _ message: String) {
        object = id
        isError = true
        self.message = Array(message.utf8)
        finding = nil
    }
}

/// Who is told of problems, each before the call that it ends throws. From any thread, one at a time.
public typealias ReceivedProblems = @Sendable (ReceivedProblem) -> Void

/// Tells of one problem at a time, whatever thread finds it.
final class ProblemReport: Sendable {
    private let tell: ReceivedProblems
    private let turn = Mutex<Void>(())

    init(_ tell: @escaping ReceivedProblems) { self.tell = tell }

    var inTurn: ReceivedProblems {
        { problem in self.turn.withLock { _ in self.tell(problem) } }
    }
}
