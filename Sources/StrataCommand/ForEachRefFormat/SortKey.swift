/// One `--sort=<key>`: a field, and how its values are compared.
struct SortKey: Equatable {
    let atom: FormatAtom
    /// `-` in front: the greatest first.
    let reversed: Bool
    /// `version:` or `v:` in front: numbers in the value count as numbers.
    let asVersion: Bool

    /// - Throws: git's fatal message for what is no field; the refusal of a field that git has and we have not.
    init(_ text: Bytes) throws(CommandExit) {
        var rest = text[...]
        reversed = rest.first == UInt8(ascii: "-")
        if reversed { rest = rest.dropFirst() }
        let version = rest.removing("version:") ?? rest.removing("v:")
        asVersion = version != nil
        atom = try FormatAtom(Bytes(version ?? rest))
    }

    /// By name, as stores list references anyway.
    static let refname = SortKey(
        atom: FormatAtom(field: .refname(.full), peeled: false), reversed: false, asVersion: false)

    private init(atom: FormatAtom, reversed: Bool, asVersion: Bool) {
        self.atom = atom
        self.reversed = reversed
        self.asVersion = asVersion
    }
}

extension FormatAtom {
    init(field: Field, peeled: Bool) {
        self.field = field
        self.peeled = peeled
    }
}
