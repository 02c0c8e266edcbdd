package import StrataModel

/// A reference as it goes from one store to another: all that the one says of it, also what no reader is shown.
package struct CarriedRef: Sendable, Hashable {
    package let name: RefName
    /// What its file or record says, also where the name is malformed; nil = there is no such reference, only a reflog.
    package let value: RefValue?
    /// What a broken one's file holds.
    package let content: [UInt8]
    /// Whether it has a reflog, whose lines follow.
    package let hasLog: Bool

    package init(_ name: RefName, _ value: RefValue?, content: [UInt8] = [], hasLog: Bool) {
        self.name = name
        self.value = value
        self.content = content
        self.hasLog = hasLog
    }
}

/// Takes references that are carried: each in the order of the names, and behind it the lines of its reflog, the oldest first. For one thread
/// at a time.
package protocol RefCarrier: AnyObject {
    /// What follows belongs to the linked worktree `id`; nil = it is shared, or the main worktree's.
    func begin(_ worktree: [UInt8]?) throws(RefError)

    func add(_ ref: CarriedRef) throws(RefError)

    /// A line of the last reference's reflog, with its line feed, as it stands in a file.
    func add(line: [UInt8]) throws(RefError)
}

/// Where references are carried from.
package protocol CarriedRefs: Sendable {
    /// Gives `carrier` the references and reflogs of a linked worktree, or with nil those that are shared and the main worktree's, in the order of
    /// their names.
    func carry(_ worktree: [UInt8]?, to carrier: any RefCarrier) throws(RefError)
}
