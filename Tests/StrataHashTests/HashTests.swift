import CObjectHash
import StrataHash
import StrataModel
import SystemPackage
import TestSupport
import Testing

@Suite struct HashTests {
    /// Around the borders of blocks and of the padding.
    static let sizes = [
        0, 1, 8, 45, 46, 47, 48, 54, 55, 56, 63, 64, 65, 110, 111, 112, 119, 120, 127, 128, 1000, 70_000,
    ]

    @Test(arguments: HashAlgorithm.allCases)
    func idsAreGits(_ algorithm: HashAlgorithm) throws {
        let directory = try TemporaryDirectory()
        try git(["init", "--quiet", "--object-format=\(algorithm.name)", "."], in: directory.path)
        var random = SplitMix64(seed: 3)
        for size in Self.sizes {
            let bytes = random.bytes(size)
            let theirs = try git(["hash-object", "--stdin"], in: directory.path, stdin: bytes)
            #expect(try ObjectHasher.id(of: .blob, bytes.span, algorithm: algorithm).hex == theirs)
        }
        let commit = Array("tree \(ObjectID.zero(algorithm).hex)\n".utf8)
        let theirs = try git(
            ["hash-object", "--stdin", "--literally", "-t", "commit"], in: directory.path, stdin: commit)
        #expect(try ObjectHasher.id(of: .commit, commit.span, algorithm: algorithm).hex == theirs)
    }

    @Test(arguments: HashAlgorithm.allCases)
    func piecesMakeNoDifference(_ algorithm: HashAlgorithm) throws {
        var random = SplitMix64(seed: 4)
        for size in Self.sizes {
            let bytes = random.bytes(size)
            let whole = try ObjectHasher.id(of: .tree, bytes.span, algorithm: algorithm)
            var hasher = ObjectHasher(.tree, size: UInt64(size), algorithm: algorithm)
            var stored = ObjectHasher(storedFormOf: algorithm)
            stored.update(Array("tree \(size)\0".utf8).span)
            var done = 0
            while done < size {
                let piece = Array(bytes[done..<min(size, done + Int.random(in: 0...200, using: &random))])
                hasher.update(piece.span)
                stored.update(piece.span)
                done += piece.count
            }
            #expect(try hasher.finish() == whole)
            #expect(try stored.finish() == whole)
        }
    }

    @Test func aHasherGoesOnAfterItsEnd() throws {
        var hasher = ObjectHasher(storedFormOf: .sha1)
        hasher.update(Array("blob 0\0".utf8).span)
        var copy = hasher
        #expect(try hasher.finish().hex == "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391")
        copy.update([1].span)
        #expect(try copy.finish() != hasher.finish())
        #expect(try hasher.finish().hex == "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391")
    }

    /// The examples of FIPS 180-4.
    @Test func checksumsAreThePublishedOnes() {
        let million = [UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000)
        for (algorithm, bytes, digest) in [
            (HashAlgorithm.sha1, Array("abc".utf8), "a9993e364706816aba3e25717850c26c9cd0d89d"),
            (.sha1, million, "34aa973cd4c4daa4f61eeb2bdbad27316534016f"),
            (.sha256, Array("abc".utf8), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (.sha256, million, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"),
        ] {
            var hasher = ChecksumHasher(algorithm)
            hasher.update(bytes.span)
            #expect(hasher.finish().hex == digest)
        }
    }

    /// The hash that looks for attacks is SHA-1, with the processor's instructions and without; it finds none in random bytes.
    @Test func bothImplementationsAreSHA1() throws {
        var random = SplitMix64(seed: 5)
        for _ in 0..<8 {
            let bytes = random.bytes(1 << 18)
            var plain = ChecksumHasher(.sha1)
            plain.update(bytes.span)
            var guarded = ObjectHasher(storedFormOf: .sha1)
            guarded.update(bytes.span)
            #expect(try guarded.finish() == plain.finish())
            let states = ([0, 1] as [Int32]).map { portable in
                var state: [UInt32] = [1, 2, 3, 4, 5]
                let collides = unsafe strata_sha1_guarded_blocks(&state, bytes, bytes.count / 64, portable)
                #expect(collides == 0)
                return state
            }
            #expect(states[0] == states[1])
        }
    }
}

extension SplitMix64 {
    mutating func bytes(_ count: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        for at in stride(from: 0, to: count, by: 8) {
            var word = next()
            for place in at..<min(at + 8, count) {
                bytes[place] = UInt8(truncatingIfNeeded: word)
                word >>= 8
            }
        }
        return bytes
    }
}
