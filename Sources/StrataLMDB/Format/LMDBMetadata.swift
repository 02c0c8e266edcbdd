import StrataModel
import StrataRefs

/// The record that says what an environment of references is, in the unnamed database under the key `strata`.
///
/// Numbers are written with their greatest byte first:
///
///     8  magic        "STRATAdb"
///     4  version      of the format; this is 1
///     4  required     features that a reader must know; none are defined
///     4  optional     features that a reader may pass over: 1 = there are tokens of worktrees (``LMDBToken``)
///     4  hash         1 SHA-1, 2 SHA-256
///     16 store id     random, new with each environment
///     8  sequence     added to LMDB's transaction number: the number of the last change
///     8  next log     the number that the next reflog gets; the first is 1
///     4  next scope   the number that the next linked worktree gets; the first is 1
///     8  reservation  the address space, in bytes, that the environment was made with
struct LMDBMetadata: Equatable {
    static let key = Array("strata".utf8)
    static let version: UInt32 = 1
    static let byteCount = 68
    /// The optional feature of tokens.
    static let tokens: UInt32 = 1
    private static let magic = Array("STRATAdb".utf8)

    var version = Self.version
    var requiredFeatures: UInt32 = 0
    var optionalFeatures: UInt32 = 0
    var algorithm: HashAlgorithm
    var storeID: (UInt64, UInt64)
    var sequenceBase: UInt64 = 0
    var nextLog: UInt64 = 1
    var nextScope: UInt32 = 1
    var reservation: UInt64

    /// The record of a new environment.
    init(algorithm: HashAlgorithm, reservation: Int) {
        self.algorithm = algorithm
        storeID = (.random(in: .min ... .max), .random(in: .min ... .max))
        self.reservation = UInt64(reservation)
    }

    init(_ bytes: UnsafeRawBufferPointer) throws(LMDBFailure) {
        guard bytes.count >= 16, unsafe bytes[..<8].elementsEqual(Self.magic) else { throw .foreign }
        unsafe version = bytes.number(at: 8)
        guard version <= Self.version else { throw .newerFormat(version) }
        guard bytes.count >= Self.byteCount else { throw .damaged("its record is cut short") }
        unsafe requiredFeatures = bytes.number(at: 12)
        guard requiredFeatures == 0 else { throw .unknownFeatures(requiredFeatures) }
        unsafe optionalFeatures = bytes.number(at: 16)
        let hash: UInt32 = unsafe bytes.number(at: 20)
        guard let algorithm = UInt8(exactly: hash).flatMap(HashAlgorithm.init(rawValue:)) else {
            throw .damaged("it names no hash function")
        }
        self.algorithm = algorithm
        unsafe storeID = (bytes.number(at: 24), bytes.number(at: 32))
        unsafe sequenceBase = bytes.number(at: 40)
        unsafe nextLog = bytes.number(at: 48)
        unsafe nextScope = bytes.number(at: 56)
        unsafe reservation = bytes.number(at: 60)
        guard sequenceBase < 1 << 62, nextLog > 0, nextLog < 1 << 62, nextScope > 0, nextScope < .max else {
            throw .damaged("a number in its record is too large")
        }
    }

    var bytes: [UInt8] {
        var all = Self.magic
        all.reserveCapacity(Self.byteCount)
        all.append(number: version)
        all.append(number: requiredFeatures)
        all.append(number: optionalFeatures)
        all.append(number: UInt32(algorithm.rawValue))
        all.append(number: storeID.0)
        all.append(number: storeID.1)
        all.append(number: sequenceBase)
        all.append(number: nextLog)
        all.append(number: nextScope)
        all.append(number: reservation)
        return all
    }

    static func == (a: LMDBMetadata, b: LMDBMetadata) -> Bool { a.bytes == b.bytes }
}

extension UnsafeRawBufferPointer {
    /// The number at `offset`, its greatest byte first. It must lie inside.
    @unsafe
    func number<Number: FixedWidthInteger>(at offset: Int) -> Number {
        precondition(offset >= 0 && offset + MemoryLayout<Number>.size <= count, "a number outside its record")
        return unsafe Number(bigEndian: loadUnaligned(fromByteOffset: offset, as: Number.self))
    }
}

extension [UInt8] {
    /// Adds `number`, its greatest byte first.
    mutating func append<Number: FixedWidthInteger>(number: Number) {
        unsafe Swift.withUnsafeBytes(of: number.bigEndian) { unsafe append(contentsOf: $0) }
    }
}
