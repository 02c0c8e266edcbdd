public import StrataModel

/// References spread over stores by the prefixes of their names: say `refs/changes/` and `refs/pull/` in a database, all else in files.
///
/// The longest prefix wins; a name that no rule speaks of lives in the default store. What a store holds outside its own part is not
/// seen. A prefix may lie below another's, also to lead back into the default store.
///
/// A read asks one store. A listing merges the stores whose part it touches, each sought to that part. A transaction may touch all of
/// them: it holds the stores of the rules, in the order of their prefixes, and then the default store, stages in all, and commits in that
/// order, so that what `HEAD` leads to is there before HEAD's own log says so. Symbolic references may lead from one store to another.
///
/// A rule reserves the parents of its prefix: with `refs/changes/` routed, nobody can create `refs/changes`, in any store, so that no
/// reference is both file and directory across stores. One that the default store had before is seen, is in the way of the names below
/// it, and can be deleted. Writing to the stores themselves, beside the composition, can break that.
///
/// Safe to share between threads; blocks. Git has no like of it.
public final class RoutingRefStore: RefStore {
    /// Where the names below a prefix live.
    public struct Rule: Sendable {
        /// Ends in a slash: `refs/changes/`.
        public let prefix: [UInt8]
        public let store: any RefStore

        public init(_ prefix: String, to store: any RefStore) { self.init(prefix: Array(prefix.utf8), to: store) }

        public init(prefix: [UInt8], to store: any RefStore) {
            self.prefix = prefix
            self.store = store
        }
    }

    /// By rank of their part; the default store is the last.
    private let stores: [any RefStore]
    let routes: RefRoutes
    private let reserved: [RefName: [UInt8]]
    let shares: [RefShare]
    public let capabilities: RefStoreCapabilities
    public let commitDomain: CommitDomainID

    /// - Parameters:
    ///   - rest: the store of all names that no rule speaks of, `HEAD` among them. Rules may lead to it too.
    ///   - rules: at most 63, in any order. Rules whose stores are one object share it.
    /// - Throws: ``RefError``, `invalid`: a prefix that is not `refs/` nor a well-formed name below it with a slash at its end, or comes
    ///   twice; too many rules; stores of different hash functions.
    public init(default rest: any RefStore, rules: [Rule]) throws(RefError) {
        guard rules.count < 64 else { throw RefError(.invalid, "more than 63 rules in a routing") }
        for rule in rules { try Self.check(rule, rest.hashAlgorithm) }
        let sorted = rules.sorted { RefNameOrder.compare($0.prefix.span, $1.prefix.span) < 0 }
        var stores: [any RefStore] = []
        for rule in sorted where !rule.store.isSame(as: rest) && !stores.contains(where: rule.store.isSame) {
            stores.append(rule.store)
        }
        stores.append(rest)
        var routes = RefRoutes(rest: RefPart(rank: stores.count - 1))
        for (index, rule) in sorted.enumerated() {
            if index > 0, rule.prefix == sorted[index - 1].prefix {
                throw RefError(.invalid, "two rules for '\(String(decoding: rule.prefix, as: UTF8.self))'")
            }
            let rank = stores.firstIndex(where: rule.store.isSame) ?? stores.count - 1
            routes.append(rule.prefix, to: RefPart(rank: rank))
        }
        self.stores = stores
        self.routes = routes
        reserved = routes.reserved
        shares = routes.shares
        let domains = Set(stores.map(\.commitDomain))
        var all = stores.reduce(into: rest.capabilities) { $0.formIntersection($1.capabilities) }
        all.formUnion(rest.capabilities.intersection(.perWorktreeRefs))
        if domains.count > 1 { all.subtract([.atomicForReaders, .wholeListings]) }
        capabilities = all
        commitDomain = domains.count == 1 ? rest.commitDomain : CommitDomainID()
    }

    private static func check(_ rule: Rule, _ algorithm: HashAlgorithm) throws(RefError) {
        let name = Array(rule.prefix.dropLast())
        let isPrefix = rule.prefix.starts(with: "refs/".utf8) && rule.prefix.last == UInt8(ascii: "/")
        guard isPrefix, (try? RefName(bytes: name)) != nil else {
            let text = String(decoding: rule.prefix, as: UTF8.self)
            throw RefError(.invalid, "'\(text)' is no prefix of refnames that ends in a slash")
        }
        guard rule.store.hashAlgorithm == algorithm else {
            throw RefError(.invalid, "stores of different hash functions in a routing")
        }
    }

    public var hashAlgorithm: HashAlgorithm { stores[stores.count - 1].hashAlgorithm }

    public func snapshot() throws(RefError) -> any RefSnapshot { try SplitRefSnapshot(self) }

    public func stamp(covering scope: RefScope) throws(RefError) -> RefStamp? { try combinedStamp(covering: scope) }

    public func makeHold() throws(RefError) -> any HeldRefs { SplitHold(self) }

    public func snapshot(sharing shares: DomainShares) throws(RefError) -> any RefSnapshot {
        try SplitRefSnapshot(self, sharing: shares)
    }

    public func makeHold(sharing shares: DomainShares) throws(RefError) -> any HeldRefs {
        SplitHold(self, sharing: shares)
    }

    public var reflogs: (any ReflogStore)? { combinedReflogs() }
}

extension RoutingRefStore: SplitRefStore {
    var listedParts: [RefPart] { stores.indices.map { RefPart(rank: $0) } }

    /// Where every snapshot stays as it was when it was taken, all are taken at one time; else each is as of its use anyway.
    var takesSnapshotsAtOnce: Bool { capabilities.contains(.snapshotIsolation) }

    func place(of name: RefName) -> RefPlace? { RefPlace(part: routes.part(of: name.bytes.span), name: name) }

    func store(of part: RefPart) throws(RefError) -> (any RefStore)? { stores[part.rank] }

    func strayError(_ name: RefName) -> RefError {
        RefError(.invalid, "'\(name)' lives in no store of the routing", reference: name)
    }

    func reservation(of name: RefName) -> String? {
        reserved[name].map { prefix in
            "'\(name)' is reserved, for references below '\(String(decoding: prefix, as: UTF8.self))' live in a store of their own"
        }
    }
}

extension RefStore {
    /// Whether `other` is this very object.
    fileprivate func isSame(as other: any RefStore) -> Bool {
        guard type(of: self) is AnyClass, type(of: other) is AnyClass else { return false }
        return self as AnyObject === other as AnyObject
    }
}
