import StrataModel

/// A delta: two numbers, then instructions that copy from the base or insert bytes of their own. Answers to git's `patch_delta`.
@safe
struct Delta {
    private let bytes: UnsafeRawBufferPointer
    /// The size of the base that the delta is for, in bytes.
    let baseSize: Int
    /// The size of what it gives.
    let size: Int
    /// Where the instructions start.
    private let start: Int

    /// Reads the two numbers in front. `bytes` may end after them; nil when they are cut short or too large.
    init?(_ bytes: UnsafeRawBufferPointer) {
        var place = 0
        guard let baseSize = unsafe Self.number(bytes, &place), let size = unsafe Self.number(bytes, &place) else {
            return nil
        }
        unsafe self.bytes = bytes
        self.baseSize = baseSize
        self.size = size
        start = place
    }

    /// A number, seven bits a byte from the low end.
    private static func number(_ bytes: UnsafeRawBufferPointer, _ place: inout Int) -> Int? {
        var value = 0
        var shift = 0
        while shift <= 56, place < bytes.count {
            let byte = unsafe bytes[place]
            place += 1
            value |= Int(byte & 0x7f) << shift
            if byte & 0x80 == 0 { return value }
            shift += 7
        }
        return nil
    }

    /// Whether so few instructions can give ``size`` bytes at all: one of two bytes copies almost 16 MiB. To be asked before they are allocated.
    var canGiveSize: Bool { unsafe size >> 23 <= bytes.count }

    /// What came of following the instructions.
    enum Outcome {
        case good
        /// The delta is for another base, or has too few bytes for one at all.
        case unfit
        /// The instructions leave the base, are cut short, or do not give exactly ``Delta/size`` bytes.
        case wild
        /// There is an instruction that does not exist.
        case unknownInstruction

        /// What git says, if it says anything.
        var message: String? {
            switch self {
            case .good, .unfit: nil
            case .wild: "delta replay has gone wild"
            case .unknownInstruction: "unexpected delta opcode 0"
            }
        }
    }

    /// Follows the instructions. `output` has room for ``size`` bytes.
    func apply(to base: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> Outcome {
        // Git takes none of fewer bytes.
        guard base.count == baseSize, output.count >= size, unsafe bytes.count >= 4 else { return .unfit }
        var place = start
        var written = 0
        let end = unsafe bytes.count
        while place < end {
            let instruction = unsafe bytes[place]
            place += 1
            if instruction & 0x80 != 0 {
                var offset = 0
                var length = 0
                // Only the bytes that the instruction's bits name are written.
                guard end - place >= (instruction & 0x7f).nonzeroBitCount else { return .wild }
                if instruction & 0x01 != 0 { offset = take(&place) }
                if instruction & 0x02 != 0 { offset |= take(&place) << 8 }
                if instruction & 0x04 != 0 { offset |= take(&place) << 16 }
                if instruction & 0x08 != 0 { offset |= take(&place) << 24 }
                if instruction & 0x10 != 0 { length = take(&place) }
                if instruction & 0x20 != 0 { length |= take(&place) << 8 }
                if instruction & 0x40 != 0 { length |= take(&place) << 16 }
                if length == 0 { length = 0x10000 }
                guard length <= size - written, offset <= baseSize, length <= baseSize - offset else { return .wild }
                unsafe output.baseAddress!.advanced(by: written)
                    .copyMemory(from: base.baseAddress!.advanced(by: offset), byteCount: length)
                written += length
            } else {
                let length = Int(instruction)
                guard length > 0 else { return .unknownInstruction }
                guard length <= size - written, length <= end - place else { return .wild }
                unsafe output.baseAddress!.advanced(by: written)
                    .copyMemory(from: bytes.baseAddress!.advanced(by: place), byteCount: length)
                place += length
                written += length
            }
        }
        return written == size ? .good : .wild
    }

    @inline(__always)
    private func take(_ place: inout Int) -> Int {
        defer { place += 1 }
        return Int(unsafe bytes.baseAddress!.load(fromByteOffset: place, as: UInt8.self))
    }
}
