/// `git check-ref-format` as its manual page states the rules, one after another and slowly.
enum RefnameRules {
    static func isWellFormed(_ name: [UInt8], oneLevel: Bool, pattern: Bool) -> Bool {
        let components = name.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        let stars = name.count { $0 == UInt8(ascii: "*") }
        return !name.isEmpty
            && components.allSatisfy { !$0.isEmpty && !$0.starts(with: ".".utf8) && !ends($0, with: ".lock") }
            && (oneLevel || components.count > 1)
            && !holds(name, "..") && !holds(name, "@{")
            && !name.contains { $0 <= 0x20 || $0 == 0x7f || "~^:?[\\".utf8.contains($0) }
            && stars <= (pattern ? 1 : 0)
            && !ends(name[...], with: ".")
            && name != [UInt8(ascii: "@")]
    }

    /// Whether a malformed name cannot lead out of a repository: git's `refname_is_safe`.
    static func isSafe(_ name: [UInt8]) -> Bool {
        if name.starts(with: "refs/".utf8), name.count > 5 {
            return !name.contains(0)
                && name.dropFirst(5).split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).allSatisfy {
                    !$0.isEmpty && !$0.elementsEqual(".".utf8) && !$0.elementsEqual("..".utf8)
                }
        }
        return !name.isEmpty && name.allSatisfy { (0x41...0x5a).contains($0) || $0 == UInt8(ascii: "_") }
    }

    private static func ends(_ name: ArraySlice<UInt8>, with suffix: String) -> Bool {
        name.suffix(suffix.utf8.count).elementsEqual(suffix.utf8)
    }

    private static func holds(_ name: [UInt8], _ pair: String) -> Bool {
        zip(name, name.dropFirst()).contains { [$0, $1].elementsEqual(pair.utf8) }
    }
}
