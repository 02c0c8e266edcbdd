import StrataModel
import StrataRefs

/// Computes the values of fields, one reference after another; what it asked of an object it remembers until the next.
struct FormatValues<Context: FormatContext> {
    let context: Context
    private let needsSize: Bool
    private let headTarget: RefName?
    /// The last objects that were asked about: the reference's own and the peeled one.
    private var headers: [(id: ObjectID, header: ObjectHeader)] = []

    init(_ context: Context, atoms: [FormatAtom]) throws(CommandExit) {
        self.context = context
        needsSize = atoms.contains { $0.field == .objectSize }
        headTarget = atoms.contains { $0.field == .head } ? try context.headTarget : nil
    }

    /// Appends the value of `atom` for `reference`; blocks have none.
    mutating func append(
        _ atom: FormatAtom, of reference: ListedRef, to output: inout Bytes
    ) throws(CommandExit) {
        switch atom.field {
        case .refname(let form):
            if form == .full {
                reference.appendName(to: &output)
            } else {
                var name: Bytes = []
                reference.appendName(to: &name)
                try append(name, form, to: &output)
            }
            if atom.peeled { output.append(contentsOf: "^{}".utf8) }
        case .symref(let form):
            if let target = reference.target { try append(target.bytes, form, to: &output) }
            if atom.peeled { output.append(contentsOf: "^{}".utf8) }
        case .objectName(let form):
            guard let id = atom.peeled ? try peeledID(of: reference) : reference.id else { return }
            try append(id, form, to: &output)
        case .objectType:
            guard let id = atom.peeled ? try peeledID(of: reference) : reference.id else { return }
            output.append(contentsOf: try header(of: id, reference).kind.name.utf8)
        case .objectSize:
            guard let id = atom.peeled ? try peeledID(of: reference) : reference.id else { return }
            output.append(contentsOf: String(try header(of: id, reference).size).utf8)
        case .head:
            let isHead = headTarget.map { unsafe $0.bytes.elementsEqual(reference.view.nameBuffer) } ?? false
            output.append(isHead ? UInt8(ascii: "*") : UInt8(ascii: " "))
        case .if, .then, .else, .align, .end: break
        }
    }

    /// The size of the object, for sorting by number.
    mutating func size(of reference: ListedRef, peeled: Bool) throws(CommandExit) -> UInt64 {
        guard let id = peeled ? try peeledID(of: reference) : reference.id else { return 0 }
        return try header(of: id, reference).size
    }

    // MARK: Objects

    /// What the reference's tag peels to; nil when it names no tag.
    private mutating func peeledID(of reference: ListedRef) throws(CommandExit) -> ObjectID? {
        if let peeled = reference.peeled { return peeled }
        guard try header(of: reference.id, reference).kind == .tag else { return nil }
        return try context.peel(reference.id)
    }

    private mutating func header(of id: ObjectID, _ reference: ListedRef) throws(CommandExit) -> ObjectHeader {
        for known in headers where known.id == id { return known.header }
        guard let header = try context.header(of: id, needsSize: needsSize) else {
            var message = Bytes("missing object \(id) for ")
            reference.appendName(to: &message)
            throw .fatal(message)
        }
        if headers.count > 1 { headers.removeFirst() }
        headers.append((id, header))
        return header
    }

    private func append(
        _ id: ObjectID, _ form: FormatAtom.IDForm, to output: inout Bytes
    ) throws(CommandExit) {
        switch form {
        case .full: id.appendHex(to: &output)
        case .short(let minimum):
            let digits = try context.uniqueDigits(of: id, minimum: minimum)
            let start = output.count
            id.appendHex(to: &output)
            if output.count > start + digits { output.removeSubrange((start + digits)...) }
        }
    }

    // MARK: Names

    private func append(
        _ name: Bytes, _ form: FormatAtom.NameForm, to output: inout Bytes
    ) throws(CommandExit) {
        switch form {
        case .full: output.append(contentsOf: name)
        case .short: output.append(contentsOf: try context.shorten(name))
        case .lstrip(let count): output.append(contentsOf: RefComponents.lstrip(name, count))
        case .rstrip(let count): output.append(contentsOf: RefComponents.rstrip(name, count))
        }
    }
}

/// Refnames without some of their components.
enum RefComponents {
    private static let slash = UInt8(ascii: "/")

    /// Below zero: how many to strip so that so many are left.
    private static func toStrip(_ name: Bytes, _ count: Int32) -> Int {
        count >= 0 ? Int(count) : name.count { $0 == slash } + 1 + Int(count)
    }

    /// `name` without `count` components at the front; empty when it has no more.
    static func lstrip(_ name: Bytes, _ count: Int32) -> ArraySlice<UInt8> {
        var rest = name[...]
        for _ in 0..<max(0, toStrip(name, count)) {
            guard let at = rest.firstIndex(of: slash) else { return [] }
            rest = rest[(at + 1)...]
        }
        return rest
    }

    /// `name` without `count` components at the back; empty when it has no more.
    static func rstrip(_ name: Bytes, _ count: Int32) -> ArraySlice<UInt8> {
        var rest = name[...]
        for _ in 0..<max(0, toStrip(name, count)) {
            guard let at = rest.lastIndex(of: slash) else { return [] }
            rest = rest[..<at]
        }
        return rest
    }
}
