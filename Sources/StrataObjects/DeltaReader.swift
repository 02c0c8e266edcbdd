/// Reads a delta: two numbers, then instructions that copy from the base or insert bytes of their own.
struct DeltaReader {
    private let bytes: [UInt8]
    private var place = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    private mutating func next() -> UInt8? {
        guard place < bytes.count else { return nil }
        defer { place += 1 }
        return bytes[place]
    }

    /// The next number of the header, seven bits a byte from the low end; nil when it is cut short or too large.
    mutating func number() -> Int? {
        var value = 0
        var shift = 0
        while shift <= 56 {
            guard let byte = next() else { return nil }
            value |= Int(byte & 0x7f) << shift
            if byte & 0x80 == 0 { return value }
            shift += 7
        }
        return nil
    }

    /// Follows the instructions after the header; nil when they leave `base`, or do not give `size` bytes exactly.
    mutating func apply(to base: [UInt8], size: Int) -> [UInt8]? {
        // A three-byte instruction copies at most 16 MiB: a size that so few cannot give is not allocated.
        guard size >> 24 <= bytes.count else { return nil }
        var output: [UInt8] = []
        output.reserveCapacity(size)
        while let instruction = next() {
            if instruction & 0x80 != 0 {
                guard let offset = field(instruction, bits: 0..<4), let count = field(instruction, bits: 4..<7) else {
                    return nil
                }
                let length = count == 0 ? 0x10000 : count
                guard length <= size - output.count, offset <= base.count, length <= base.count - offset else {
                    return nil
                }
                output.append(contentsOf: base[offset..<offset + length])
            } else {
                let length = Int(instruction)
                guard length > 0, length <= size - output.count, length <= bytes.count - place else { return nil }
                output.append(contentsOf: bytes[place..<place + length])
                place += length
            }
        }
        return output.count == size ? output : nil
    }

    /// A number of which only the bytes that `bits` of the instruction name are written.
    private mutating func field(_ instruction: UInt8, bits: Range<Int>) -> Int? {
        var value = 0
        for (index, bit) in bits.enumerated() where instruction >> bit & 1 != 0 {
            guard let byte = next() else { return nil }
            value |= Int(byte) << (8 * index)
        }
        return value
    }
}
