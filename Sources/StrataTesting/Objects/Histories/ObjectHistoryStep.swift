import StrataObjects

/// One step of a history of objects, which are those of ``ObjectHistoryPool``, by number.
enum ObjectHistoryStep: Sendable, Hashable {
    /// An object is written, through the other door if there is one and it says so.
    case write(Int, throughWriter: Bool)
    case writeStream(Int, piece: Int, throughWriter: Bool)
    /// A stream gives so many bytes fewer or more than it says.
    case writeWrongStream(Int, off: Int)
    case read(Int)
    /// The first pieces of an object are read.
    case stream(Int, pieces: Int)
    /// Reading is refused because the object is too large.
    case readTooLarge(Int)
    case list(Walk)
    /// A walk is begun, in the place of one that has been begun before.
    case beginWalk(Walk)
    /// Some more of it is read.
    case goOn(Int)
    /// The rest of it is read.
    case endWalk
    /// The objects are looked for that an object's first digits stand for.
    case abbreviate(Int, digits: Int, atMost: Int)
    case distinguish(Int)
    case pin
    case checkPins
    /// What removes nothing, such as packing.
    case upkeep

    enum Walk: Int, Sendable, CaseIterable {
        case byID, asStored, repeating

        var order: ObjectOrder {
            switch self {
            case .byID: .byID
            case .asStored: .asStored(repeating: false)
            case .repeating: .asStored(repeating: true)
            }
        }
    }

    /// What the step does, in words.
    var text: String {
        switch self {
        case .write(let object, let throughWriter): (throughWriter ? "beside it, " : "") + "write \(name(object))"
        case .writeStream(let object, let piece, let throughWriter):
            (throughWriter ? "beside it, " : "") + "write \(name(object)) in pieces of \(piece) bytes"
        case .writeWrongStream(let object, let off):
            "write \(name(object)), declaring \(abs(off)) bytes too \(off < 0 ? "few" : "many")"
        case .read(let object): "read \(name(object))"
        case .stream(let object, let pieces): "read \(pieces) pieces of \(name(object))"
        case .readTooLarge(let object): "read less than all of \(name(object))"
        case .list(let walk): "list all \(walk)"
        case .beginWalk(let walk): "begin to walk \(walk)"
        case .goOn(let count): "walk on to \(count) more"
        case .endWalk: "walk to the end"
        case .abbreviate(let object, let digits, let count):
            "find \(count == .max ? "what" : "\(count) that") \(digits) digits of \(name(object)) stand for"
        case .distinguish(let object): "ask for the digits of \(name(object))"
        case .pin: "pin"
        case .checkPins: "look at what is pinned"
        case .upkeep: "upkeep"
        }
    }

    private func name(_ object: Int) -> String { "object \(object) (\(ObjectHistoryPool.words(object)))" }
}

extension ObjectHistoryStep: ShrinkableStep {
    var simpler: [ObjectHistoryStep] {
        switch self {
        case .write(let object, true): [.write(object, throughWriter: false)]
        case .writeStream(let object, let piece, true):
            [.writeStream(object, piece: piece, throughWriter: false), .write(object, throughWriter: true)]
        case .writeStream(let object, _, false): [.write(object, throughWriter: false)]
        case .stream(let object, _): [.read(object)]
        case .abbreviate(let object, let digits, let count) where count != .max:
            [.abbreviate(object, digits: digits, atMost: .max)]
        default: []
        }
    }
}
