public import StrataModel

/// An object that a collector or a connectivity check starts from, and what names it.
///
/// It takes no allocation of its own; the name is put together when it is asked for.
public struct ReachabilityRoot: Sendable {
    /// Why an object is to be kept.
    public enum Reason: Sendable, Hashable {
        /// A reference below `refs/` holds it, or leads to it through symbolic references.
        case reference
        /// A worktree's `HEAD` holds it or leads to it.
        case head
        /// Another root reference holds it: `ORIG_HEAD` and its like. Git lists these, but does not keep what they name: the object may be gone.
        case rootReference
        /// A line of `FETCH_HEAD` or `MERGE_HEAD` names it. Git does not keep what they name: the object may be gone.
        case pseudoref
        /// A rebase in progress will need it.
        case rebase
        /// A reflog's line says that the reference held it before.
        case reflogOld
        /// A reflog's line says that the reference held it after. Like ``reflogOld``, it may be gone where a reflog is older than what was
        /// collected.
        case reflogNew
    }

    enum Name: Sendable {
        case view(RefView)
        case name(RefName)
    }

    /// The object. Never zero.
    public let id: ObjectID
    public let reason: Reason
    /// `worktrees/<id>/`, `main-worktree/` or nothing.
    let prefix: [UInt8]
    let bare: Name

    /// The reference's name as every worktree understands it: `refs/heads/x`, `main-worktree/HEAD`, `worktrees/<id>/refs/bisect/bad`.
    public var name: RefName {
        switch bare {
        case .view(let view): prefix.isEmpty ? view.refName : RefName(unchecked: prefix + view.refName.bytes)
        case .name(let name): prefix.isEmpty ? name : RefName(unchecked: prefix + name.bytes)
        }
    }
}
