import StrataModel

/// `gc.reflogExpire` and `gc.reflogExpireUnreachable`: when entries of which reflogs have had their time.
public struct ReflogExpiry: Sendable {
    /// The moments before which entries go, in seconds since 1970; 0 for never.
    public struct Cutoffs: Sendable, Hashable {
        /// For every entry.
        public var total: Int64
        /// For those that the reference's tip does not lead to.
        public var unreachable: Int64

        public init(total: Int64, unreachable: Int64) {
            self.total = total
            self.unreachable = unreachable
        }
    }

    /// What holds where no pattern matches. Not configured: 90 and 30 days.
    public let standard: Cutoffs
    /// `gc.<pattern>.reflogExpire…`, the first match decides; what a pattern does not set is never.
    private let patterns: [(glob: WildMatch, cutoffs: Cutoffs)]

    /// Reads the variables; relative times are seen from `now`.
    ///
    /// - Throws: `RepositoryError.Code.badConfigValue` for a time that is not understood.
    public init(_ config: Config, now: Int64) throws(RepositoryError) {
        let day: Int64 = 86_400
        var standard = Cutoffs(total: now - 90 * day, unreachable: now - 30 * day)
        var found: [(pattern: [UInt8], cutoffs: Cutoffs)] = []
        for index in 0..<config.count {
            let key = config.key(at: index)
            guard PathBytes.hasPrefix(key, "gc."), let dot = key.lastIndex(of: UInt8(ascii: ".")) else { continue }
            let name = key[(dot + 1)...]
            let isTotal = PathBytes.equals(name, "reflogexpire")
            guard isTotal || PathBytes.equals(name, "reflogexpireunreachable") else { continue }
            let value = try config.string(at: index)
            guard let time = ExpiryTime.parse(value, now: now) else {
                throw config.badVariable(
                    at: index, cause: "'\(value)' for '\(key)' is not a valid timestamp")
            }
            let path = isTotal ? \Cutoffs.total : \Cutoffs.unreachable
            guard dot > key.startIndex + 2 else {
                standard[keyPath: path] = time
                continue
            }
            let pattern = Array(key[(key.startIndex + 3)..<dot])
            if let at = found.firstIndex(where: { $0.pattern == pattern }) {
                found[at].cutoffs[keyPath: path] = time
            } else {
                var cutoffs = Cutoffs(total: 0, unreachable: 0)
                cutoffs[keyPath: path] = time
                found.append((pattern, cutoffs))
            }
        }
        self.standard = standard
        patterns = found.map { (WildMatch($0.pattern), $0.cutoffs) }
    }

    /// What holds for the reflog of `name`. The stash never expires unless a pattern says so.
    public func cutoffs(for name: [UInt8]) -> Cutoffs {
        if let match = patterns.first(where: { $0.glob.matches(name) }) { return match.cutoffs }
        return name.elementsEqual("refs/stash".utf8) ? Cutoffs(total: 0, unreachable: 0) : standard
    }
}
