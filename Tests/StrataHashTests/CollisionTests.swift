import CObjectHash
import StrataHash
import StrataModel
import TestSupport
import Testing

@Suite struct CollisionTests {
    @Test(arguments: Attacks.messages.indices)
    func attacksAreRefused(_ index: Int) throws {
        let attack = Attacks.messages[index]
        var plain = ChecksumHasher(.sha1)
        plain.update(attack.bytes.span)
        #expect(plain.finish().hex == attack.sha1)
        // With what may come behind them, and in pieces of any size.
        for (tail, size) in [(0, 1000), (0, 1), (0, 63), (1000, 77)] {
            var hasher = ObjectHasher(storedFormOf: .sha1)
            var rest = (attack.bytes + [UInt8](repeating: 7, count: tail))[...]
            while !rest.isEmpty {
                hasher.update(Array(rest.prefix(size)).span)
                rest = rest.dropFirst(size)
            }
            let error = #expect(throws: ObjectError.self) { try hasher.finish() }
            #expect(error?.code == .collision)
            if tail == 0 {
                #expect(error?.object?.hex == attack.sha1)
                // Git's own words.
                #expect(error?.description == "SHA-1 appears to be part of a collision attack: \(attack.sha1)")
            }
        }
        for portable: Int32 in [0, 1] {
            var state = SHA1.initial
            #expect(unsafe strata_sha1_guarded_blocks(&state, attack.bytes, attack.bytes.count / 64, portable) == 1)
        }
    }

    /// Only the last of an attack's blocks makes the two messages meet.
    @Test(arguments: Attacks.messages.indices)
    func whatIsNotAnAttackIsAnID(_ index: Int) throws {
        let attack = Attacks.messages[index].bytes
        for count in 0..<attack.count / 64 {
            try expectID(Array(attack[..<(count * 64)]))
        }
        for bit in stride(from: 0, to: 512, by: 3) {
            var changed = attack
            changed[attack.count - 64 + bit / 8] ^= 1 << UInt8(bit % 8)
            try expectID(changed)
        }
        // The same blocks behind other bytes.
        try expectID(Array(attack[64...]))
    }

    private func expectID(_ bytes: [UInt8]) throws {
        var plain = ChecksumHasher(.sha1)
        plain.update(bytes.span)
        var hasher = ObjectHasher(storedFormOf: .sha1)
        hasher.update(bytes.span)
        #expect(try hasher.finish() == plain.finish())
    }

    /// The published attacks follow one of the vectors in each block that differs: what its table says is what their words differ by.
    @Test func theAttacksFollowAVector() throws {
        for (one, two, differing) in [(0, 1, 2), (2, 3, 9)] {
            let (a, b) = (Attacks.messages[one].bytes, Attacks.messages[two].bytes)
            let blocks = a.count / 64
            for block in blocks - differing..<blocks {
                let words = SHA1.words(Array(a[(block * 64)..<(block * 64 + 64)]))
                let others = SHA1.words(Array(b[(block * 64)..<(block * 64 + 64)]))
                let differences = zip(words, others).map { $0 ^ $1 }
                let vector = Vector.all.first { $0.differences == differences }
                #expect(vector.map { [$0.type, $0.k, $0.b] } == [2, 52, 0])
                for message in [words, others] {
                    #expect(unsafe strata_sha1_suspects(message) >> UInt32(vector?.index ?? 0) & 1 == 1)
                }
            }
        }
    }
}
