import StrataModel
import StrataRefs
import Synchronization

/// References in files as they are, also after they have been moved to another store: what could be due to the stubs that stand in their place
/// is not believed before it is known that they have not, and from then on the new store answers.
///
/// A value that was found was there. Absence, a malformed file and the target of a stub's `HEAD` cost one look at `config`, and so does a
/// listing.
final class CurrentRefSnapshot: RefSnapshot, RefReadWatch {
    private let first: any RefSnapshot
    private let owner: CurrentRefStore
    private let stack: StoreStack
    private let shares: DomainShares?
    private let isMoved = Atomic<Bool>(false)
    private let later = Mutex<(any RefSnapshot)?>(nil)

    init(_ first: any RefSnapshot, of owner: CurrentRefStore, _ stack: StoreStack, _ shares: DomainShares?) {
        self.first = first
        self.owner = owner
        self.stack = stack
        self.shares = shares
    }

    func read(_ name: RefName) throws(RefError) -> RefValue? {
        try answer { snapshot throws(RefError) in
            try snapshot.read(name)
        } isCertain: { value in
            Self.isCertain(value)
        }
    }

    /// One look at `config` for all.
    func read(_ names: [RefName]) throws(RefError) -> [RefValue?] {
        try answer { snapshot throws(RefError) in
            try snapshot.read(names)
        } isCertain: { values in
            values.allSatisfy(Self.isCertain)
        }
    }

    private static func isCertain(_ value: RefValue?) -> Bool {
        switch value {
        case .object: true
        case .symbolic(let target): target != ReferenceStubs.headTarget
        case .broken, nil: false
        }
    }

    func cursor(over scope: RefScope) throws(RefError) -> any RefCursor {
        CurrentRefCursor(try opened(scope), of: self)
    }

    fileprivate func opened(_ scope: RefScope) throws(RefError) -> any RefCursor {
        try answer { snapshot throws(RefError) in
            try snapshot.cursor(over: scope)
        } isCertain: { _ in
            false
        }
    }

    private func answer<T>(
        _ ask: (any RefSnapshot) throws(RefError) -> T, isCertain: (T) -> Bool
    ) throws(RefError) -> T {
        if !isMoved.load(ordering: .acquiring) {
            do throws(RefError) {
                let answer = try ask(first)
                if isCertain(answer) { return answer }
                if try owner.stores.isCurrent(stack) { return answer }
            } catch {
                if try owner.stores.isCurrent(stack) { throw error }
            }
        }
        return try ask(try moved())
    }

    /// A snapshot of the store that the references have been moved to.
    private func moved() throws(RefError) -> any RefSnapshot {
        if let known = later.withLock({ $0 }) { return known }
        let new = try owner.snapshot(shares)
        return later.withLock { later in
            if let first = later { return first }
            later = new
            isMoved.store(true, ordering: .releasing)
            return new
        }
    }

    // MARK: Several reads

    /// Several reads are of one store.
    var watches: [any RefReadWatch] { ((later.withLock { $0 } ?? first).watches) + [self] }

    func moment() throws(RefError) -> RefReadMoment {
        RefReadMoment(sequence: isMoved.load(ordering: .acquiring) ? 1 : 0, knowledge: nil)
    }

    func lasts(_ moment: RefReadMoment) throws(RefError) -> Bool { try self.moment().sequence == moment.sequence }

    func askForPause(after tries: Int) {}
}

/// A walk over files, which is made anew when it is sought: they may be elsewhere by then.
private final class CurrentRefCursor: RefCursor {
    private var inner: any RefCursor
    private let snapshot: CurrentRefSnapshot

    init(_ inner: any RefCursor, of snapshot: CurrentRefSnapshot) {
        self.inner = inner
        self.snapshot = snapshot
    }

    func next() throws(RefError) -> RefView? { try inner.next() }

    func seek(_ scope: RefScope) throws(RefError) { inner = try snapshot.opened(scope) }
}
