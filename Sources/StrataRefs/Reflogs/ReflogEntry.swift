public import StrataModel

/// One line of a reflog: what a reference held before and after, who changed it, when and why.
public struct ReflogEntry: Sendable, Hashable {
    public var old: ObjectID
    public var new: ObjectID
    public var committer: Signature
    /// One line, without its line feed; may be empty.
    public var message: [UInt8]

    public init(old: ObjectID, new: ObjectID, committer: Signature, message: [UInt8]) {
        self.old = old
        self.new = new
        self.committer = committer
        self.message = message
    }
}
