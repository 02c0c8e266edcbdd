/// Git's six rules that make a full refname of a short one, in the order in which they are tried
/// (gitrevisions, "<refname>"; git's `ref_rev_parse_rules`).
public enum RefShorthand {
    struct Rule: Sendable {
        let prefix: [UInt8]
        let suffix: [UInt8]
    }

    static let rules: [Rule] = [
        ("", ""), ("refs/", ""), ("refs/tags/", ""), ("refs/heads/", ""), ("refs/remotes/", ""),
        ("refs/remotes/", "/HEAD"),
    ].map { Rule(prefix: Array($0.0.utf8), suffix: Array($0.1.utf8)) }

    /// The names that `short` may stand for, the first to exist wins. Not checked for form.
    public static func candidates(for short: [UInt8]) -> [[UInt8]] {
        rules.map { $0.prefix + short + $0.suffix }
    }

    /// The shortest form of `name` that the rules lead back to it.
    ///
    /// - Parameters:
    ///   - strict: require that no other rule finds a reference at all, not only that no earlier one does
    ///     (`core.warnAmbiguousRefs`).
    ///   - exists: whether a reference of that name exists.
    /// - Returns: the short form, or `name` itself. Git's function: `refs_shorten_unambiguous_ref`.
    public static func shorten<E: Error>(
        _ name: [UInt8], strict: Bool, exists: ([UInt8]) throws(E) -> Bool
    ) throws(E) -> [UInt8] {
        for index in stride(from: rules.count - 1, to: 0, by: -1) {
            guard let short = short(name, by: rules[index]) else { continue }
            var ambiguous = false
            for other in strict ? 0..<rules.count : 0..<index where other != index {
                if try exists(rules[other].prefix + short + rules[other].suffix) {
                    ambiguous = true
                    break
                }
            }
            if !ambiguous { return short }
        }
        return name
    }

    private static func short(_ name: [UInt8], by rule: Rule) -> [UInt8]? {
        guard name.count > rule.prefix.count + rule.suffix.count, name.starts(with: rule.prefix),
            name.suffix(rule.suffix.count).elementsEqual(rule.suffix)
        else { return nil }
        return Array(name[rule.prefix.count..<(name.count - rule.suffix.count)])
    }
}
