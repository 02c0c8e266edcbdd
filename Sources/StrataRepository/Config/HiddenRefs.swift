/// `transfer.hideRefs` and its like: references that are not shown to those who fetch or push.
public struct HiddenRefs: Sendable, Hashable {
    /// The rules in order, without slashes at their ends. `!` negates, then `^` means the name with its namespace.
    public let rules: [[UInt8]]

    /// The rules of `transfer.hideRefs` and, if given, of `<section>.hideRefs`, in the order of the files.
    ///
    /// - Throws: `RepositoryError.Code.badConfigValue`.
    public init(_ config: Config, section: String? = nil) throws(RepositoryError) {
        let own = section.map { Array("\($0.lowercased()).hiderefs".utf8) }
        var rules: [[UInt8]] = []
        for index in 0..<config.count {
            let key = config.key(at: index)
            guard PathBytes.equals(key, "transfer.hiderefs") || own.map({ key.elementsEqual($0) }) ?? false else {
                continue
            }
            var rule = try config.string(at: index)
            while rule.last == PathBytes.slash { rule.removeLast() }
            rules.append(rule)
        }
        self.rules = rules
    }

    /// Whether `name` is hidden: the last rule that it or a parent of it matches decides.
    ///
    /// `name` is the name without the namespace, nil for references outside of it; `fullName` the whole name. Answers
    /// to git's `ref_is_hidden`.
    public func contains(_ name: [UInt8]?, fullName: [UInt8]) -> Bool {
        for rule in rules.reversed() {
            var prefix = rule[...]
            let isNegated = prefix.first == UInt8(ascii: "!")
            if isNegated { prefix.removeFirst() }
            var subject = name
            if prefix.first == UInt8(ascii: "^") {
                subject = fullName
                prefix.removeFirst()
            }
            guard let subject, subject.starts(with: prefix) else { continue }
            if subject.count == prefix.count || subject[prefix.count] == PathBytes.slash { return !isNegated }
        }
        return false
    }
}
