import StrataIO
import StrataModel
import StrataRefs

/// A hold in the store that the references are in when its first names are held.
///
/// It is looked for moves again when names have been locked and before they are read, and, over files, when all is staged and after the commit: the
/// files are moved after `config` names the database, so what was committed while it did not has been moved along. A database says itself, inside
/// its commit, that it has been moved.
final class CurrentHold: HoldOfHolds {
    private let owner: CurrentRefStore
    private let shares: DomainShares?
    private var stack: StoreStack
    private var inner: any HeldRefs
    private var hasNames = false

    init(_ owner: CurrentRefStore, _ shares: DomainShares?) throws(RefError) {
        self.owner = owner
        self.shares = shares
        stack = try owner.stores.current()
        inner = try Self.make(owner, stack, shares)
    }

    deinit { inner.abort() }

    private static func make(
        _ owner: CurrentRefStore, _ stack: StoreStack, _ shares: DomainShares?
    ) throws(RefError) -> any HeldRefs {
        let store = try owner.store(stack)
        guard let shares else { return try store.makeHold() }
        return try store.makeHold(sharing: shares)
    }

    func hold(_ names: [RefName], until deadline: Deadline?) throws(RefError) -> [RefHoldFailure?] {
        if names.isEmpty { return [] }
        var tries = 0
        while true {
            let failures: [RefHoldFailure?]
            do throws(RefError) {
                failures = try inner.hold(names, until: deadline)
                if try owner.stores.isCurrent(stack) {
                    hasNames = true
                    return failures
                }
            } catch {
                if try owner.stores.isCurrent(stack) { throw error }
            }
            // First of all: whoever moves them may wait for these locks.
            inner.abort()
            tries += 1
            guard !hasNames, tries < CurrentRefStore.mostTries else {
                throw StoreMove.before.error(at: owner.stores.commonDirectory)
            }
            stack = try owner.stores.current()
            inner = try Self.make(owner, stack, shares)
        }
    }

    func read(_ name: RefName) throws(RefError) -> RefValue? { try inner.read(name) }

    func cursor(over scope: RefScope) throws(RefError) -> any RefCursor { try inner.cursor(over: scope) }

    func stage(_ edits: [ResolvedRefEdit], durability: Durability?) throws(RefError) {
        try inner.stage(edits, durability: durability)
        // Names that were only read may have been taken for absent.
        if !edits.isEmpty, !stack.stores.areIsolated, try !owner.stores.isCurrent(stack) {
            throw StoreMove.before.error(at: owner.stores.commonDirectory)
        }
    }

    var committing: [any HeldRefs] { [inner] }

    func commit() throws(RefError) {
        defer { abort() }
        try commitTogether([self])
    }

    func confirm() throws(RefError) {
        if stack.stores.areIsolated { return }
        do throws(RefError) { if try owner.stores.isCurrent(stack) { return } } catch {
            throw RefError(.unavailable, error.message, path: error.path, cause: StoreMove.during)
        }
        throw StoreMove.during.error(at: owner.stores.commonDirectory)
    }

    func abort() { inner.abort() }
}
