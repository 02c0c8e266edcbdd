import StrataModel

/// A revision expression, taken apart into a base, which references resolve, and what is done to the object it names.
///
/// `v1.0^{commit}~3^2:src/main.c` has the base `v1.0` and the path `src/main.c`. What git knows beyond that and Strata does not is refused by
/// name when the expression is parsed. Answers to git's `get_oid_with_context`, `get_oid_1` and `peel_onion`; the syntax is that of
/// gitrevisions.
public struct Revision: Sendable {
    /// The whole expression, up to the path.
    public let text: [UInt8]
    /// What is looked up in the tree that the expression leads to, behind the colon: names separated by slashes; nil when there is no colon.
    public var path: [UInt8]?
    /// What is left of it: a refname, an abbreviated or full id, `@`, `name@{n}`; perhaps nothing that resolves.
    public var base: ArraySlice<UInt8> { text[..<(suffixes.first?.start ?? text.count)] }

    /// The operators behind the base, from left to right.
    let suffixes: [Suffix]

    /// One operator and the bytes of the expression that it stands on.
    struct Suffix: Sendable {
        var action: Action
        var start: Int
        var end: Int
    }

    enum Action: Sendable, Equatable {
        /// `^n`; `^0` is the commit itself.
        case parent(Int)
        /// `~n`.
        case ancestor(Int)
        /// `^{}`: tags are followed.
        case peel
        /// `^{object}`: the object must exist.
        case object
        /// `^{commit}` and so on: tags and commits are followed until an object of the kind turns up.
        case peelTo(ObjectKind)
    }

    /// What the base should stand for when it is an abbreviated id, as the first operator tells; nil when none does.
    public var hint: AbbreviationHint? {
        switch suffixes.first?.action {
        case .parent, .ancestor, .peelTo(.commit): .committish
        case .peelTo(.tree): .treeish
        case nil where path != nil: .treeish
        default: nil
        }
    }

    /// The base as `git describe` writes it, `name-count-gdigits`, taken apart; nil when it is not of that form.
    ///
    /// Git takes such a base, when it is no refname and `name` could be one, for the abbreviated id of a commit.
    public var describeOutput: (name: ArraySlice<UInt8>, digits: ArraySlice<UInt8>)? {
        func isDigit(_ byte: UInt8) -> Bool {
            switch byte {
            case 0x30...0x39, 0x41...0x46, 0x61...0x66: true
            default: false
            }
        }
        guard let mark = base.lastIndex(where: { !isDigit($0) }), mark >= 1, base[mark] == UInt8(ascii: "g"),
            base[mark - 1] == UInt8(ascii: "-")
        else { return nil }
        let front = base[..<(mark - 1)]
        guard let dash = front.lastIndex(where: { !isDigit($0) }), front[dash] == UInt8(ascii: "-"),
            dash + 1 < front.endIndex, dash > 0
        else { return nil }
        return (front[..<dash], base[(mark + 1)...])
    }

    /// Takes `text` apart. Whether anything resolves is not known before `resolve`.
    ///
    /// - Throws: `unsupported` for `:path`, `:/text`, `^{/regex}`, `@{upstream}`, `@{push}`, `@{-n}` and `@{date}`.
    public init(_ text: some Sequence<UInt8>) throws(RevisionError) {
        let whole = Array(text)
        let colon = try Self.colon(in: whole)
        self.text = colon.map { Array(whole[..<$0]) } ?? whole
        path = colon.map { Array(whole[($0 + 1)...]) }
        var suffixes: [Suffix] = []
        var end = self.text.count
        while let suffix = try Self.lastSuffix(self.text[..<end]) {
            suffixes.append(suffix)
            end = suffix.start
        }
        self.suffixes = suffixes.reversed()
        try Self.refuseMarks(self.text[..<end])
    }

    /// The operator that `text` ends with, or nil.
    private static func lastSuffix(_ text: ArraySlice<UInt8>) throws(RevisionError) -> Suffix? {
        let digits = text.reversed().prefix { $0 >= 0x30 && $0 <= 0x39 }.count
        let sign = text.endIndex - digits - 1
        if sign >= 0, text[sign] == UInt8(ascii: "~") || text[sign] == UInt8(ascii: "^") {
            // Numbers that are too large name nothing, however far above.
            let number = text[(sign + 1)...].reduce(0) { min($0 * 10 + Int($1 & 15), 1 << 40) }
            let count = digits == 0 ? 1 : number
            let action = text[sign] == UInt8(ascii: "~") ? Action.ancestor(count) : .parent(count)
            return Suffix(action: action, start: sign, end: text.endIndex)
        }
        guard text.last == UInt8(ascii: "}"), text.count >= 3 else { return nil }
        let open = text.indices.dropLast(2).last { index in
            text[index] == UInt8(ascii: "^") && text[index + 1] == UInt8(ascii: "{")
        }
        guard let open else { return nil }
        let content = text[(open + 2)..<(text.endIndex - 1)]
        let action: Action
        if let kind = ObjectKind(name: content) {
            action = .peelTo(kind)
        } else if content.isEmpty {
            action = .peel
        } else if content.elementsEqual("object".utf8) {
            action = .object
        } else if content.first == UInt8(ascii: "/") {
            throw .unsupported("^{/regex}")
        } else {
            return nil
        }
        return Suffix(action: action, start: open, end: text.endIndex)
    }

    /// Where the path begins that is looked up in a tree: the first colon outside `@{…}` and `^{…}`. What looks into the index is refused.
    private static func colon(in text: [UInt8]) throws(RevisionError) -> Int? {
        if text.first == UInt8(ascii: ":") {
            throw .unsupported(text.count > 2 && text[1] == UInt8(ascii: "/") ? ":/text" : ":path")
        }
        var depth = 0
        for place in text.indices {
            switch text[place] {
            case UInt8(ascii: "{") where place > 0 && [UInt8(ascii: "@"), UInt8(ascii: "^")].contains(text[place - 1]):
                depth += 1
            case UInt8(ascii: "}") where depth > 0: depth -= 1
            case UInt8(ascii: ":") where depth == 0: return place
            default: break
            }
        }
        return nil
    }

    /// Refuses every `@{…}` of the base but those with a number, which reflogs answer.
    private static func refuseMarks(_ base: ArraySlice<UInt8>) throws(RevisionError) {
        guard base.last == UInt8(ascii: "}") else { return }
        for place in base.indices.dropLast(2)
        where base[place] == UInt8(ascii: "@") && base[place + 1] == UInt8(ascii: "{") {
            let content = base[(place + 2)...].prefix { $0 != UInt8(ascii: "}") }
            switch String(decoding: content, as: UTF8.self).lowercased() {
            case "u", "upstream": throw .unsupported("@{upstream}")
            case "push": throw .unsupported("@{push}")
            default: break
            }
            if content.first == UInt8(ascii: "-") { throw .unsupported("@{-<n>}") }
            if content.contains(where: { $0 < 0x30 || $0 > 0x39 }) { throw .unsupported("@{<date>}") }
        }
    }
}
