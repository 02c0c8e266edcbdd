import CObjectHash

/// SHA-1's steps as FIPS 180-4 has them, plainly.
enum SHA1 {
    static let initial: [UInt32] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0]

    static func words(_ block: [UInt8]) -> [UInt32] {
        var words = (0..<16).map { word in block[(word * 4)..<(word * 4 + 4)].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        }
        for i in 16..<80 { words.append((words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16]).rotated(1)) }
        return words
    }

    /// The five registers before or after a step.
    struct Registers: Equatable {
        var a, b, c, d, e: UInt32

        init(_ a: UInt32, _ b: UInt32, _ c: UInt32, _ d: UInt32, _ e: UInt32) {
            (self.a, self.b, self.c, self.d, self.e) = (a, b, c, d, e)
        }

        var array: [UInt32] { [a, b, c, d, e] }

        mutating func go(_ step: Int, _ word: UInt32) {
            self = Registers(e &+ SHA1.term(step, a, b, c, d) &+ word, a, b.rotated(30), c, d)
        }

        mutating func goBack(_ step: Int, _ word: UInt32) {
            let before = c.rotated(2)
            self = Registers(b, before, d, e, a &- SHA1.term(step, b, before, d, e) &- word)
        }
    }

    /// What a step adds to E, the word aside.
    static func term(_ step: Int, _ a: UInt32, _ b: UInt32, _ c: UInt32, _ d: UInt32) -> UInt32 {
        switch step {
        case ..<20: a.rotated(5) &+ (b & c | ~b & d) &+ 0x5a82_7999
        case ..<40: a.rotated(5) &+ (b ^ c ^ d) &+ 0x6ed9_eba1
        case ..<60: a.rotated(5) &+ (b & c | b & d | c & d) &+ 0x8f1b_bcdc
        default: a.rotated(5) &+ (b ^ c ^ d) &+ 0xca62_c1d6
        }
    }
}

extension UInt32 {
    func rotated(_ count: Int) -> UInt32 { self << UInt32(count) | self >> UInt32(32 - count) }
}

/// A disturbance vector, with its words worked out anew.
struct Vector: CustomStringConvertible {
    let index, type, k, b: Int
    let differences: [UInt32]
    /// The disturbances of steps -5 to 79.
    private let disturbances: [UInt32]

    static let all = (0..<Int(strata_sha1_vector_count)).map { Vector($0) }

    var description: String { "\(type == 1 ? "I" : "II")(\(k),\(b))" }

    func disturbance(_ step: Int) -> UInt32 { disturbances[step + 5] }

    /// What the disturbances' recurrence and the local collisions make the words differ by.
    var workedOut: [UInt32] {
        (0..<80).map { i in
            disturbance(i) ^ disturbance(i - 1).rotated(5) ^ disturbance(i - 2) ^ disturbance(i - 3).rotated(30)
                ^ disturbance(i - 4).rotated(30) ^ disturbance(i - 5).rotated(30)
        }
    }

    private init(_ index: Int) {
        let vector = unsafe strata_sha1_vector_at(Int32(index))
        self.index = index
        unsafe (type, k, b) = (Int(vector.type), Int(vector.k), Int(vector.b))
        differences = unsafe Array(UnsafeBufferPointer(start: vector.differences, count: 80))
        var words = [UInt32](repeating: 0, count: 85)
        let first = k + 5
        words[first + 15] = 1 << UInt32(b)
        if type == 2 {
            words[first + 1] = (1 << 31 as UInt32).rotated(b)
            words[first + 3] = words[first + 1]
        }
        for i in (first + 16)..<85 {
            words[i] = (words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16]).rotated(1)
        }
        for i in (0..<first).reversed() {
            words[i] = words[i + 16].rotated(31) ^ words[i + 13] ^ words[i + 8] ^ words[i + 2]
        }
        disturbances = words
    }
}
