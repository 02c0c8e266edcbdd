import TestSupport
import Testing

@testable import StrataLMDB

/// What a sound page of a tree is, looked at where it lies.
@Suite struct PageLookTests {
    /// Sizes that add up do not make a page sound: a node inside of another, and as much room elsewhere.
    @Test func overlappingNodesAreRefused() throws {
        func page(_ starts: [Int], _ upper: Int) -> [UInt8] {
            var page = [UInt8](repeating: 0, count: 4096)
            func put(_ value: Int, at place: Int) {
                page[place] = UInt8(value & 255)
                page[place + 1] = UInt8(value >> 8)
            }
            page[0] = 7
            put(2, at: 10)
            put(16 + 2 * starts.count, at: 12)
            put(upper, at: 14)
            for (index, start) in starts.enumerated() {
                put(start, at: 16 + 2 * index)
                // Each of 100 bytes: a key of four.
                put(88, at: start)
                put(4, at: start + 6)
            }
            return page
        }
        func flaw(_ page: [UInt8]) -> LMDBFailure? {
            unsafe page.withUnsafeBytes { bytes in
                do throws(LMDBFailure) {
                    _ = unsafe try LMDBPageLook(7, bytes)
                    return nil
                } catch {
                    return error
                }
            }
        }
        #expect(flaw(page([3996, 3896, 3796], 3796)) == nil)
        #expect(flaw(page([3996, 3896, 3896], 3796)) != nil)
        #expect(flaw(page([3996, 3816, 3796], 3796)) != nil)
        #expect(flaw(page([3996, 3896, 3796], 3696)) != nil)
        #expect(flaw(page([3996, 3896, 3796, 3796], 3796)) != nil)
        #expect(flaw(page([3996, 3896], 3796)) != nil)
    }

    /// The fast look and the one that says what is wrong find the same pages sound: those of a database as they are, with each bit of their heads, of their
    /// offsets and of some nodes turned, and with nodes moved.
    @Test func bothLooksAgree() throws {
        let sample = try SampleEnvironment(branches: 600)
        let bytes = try FileEditor(sample.data).bytes
        let trees = stride(from: 8192, to: bytes.count, by: 4096).filter { bytes[$0 + 10] == 1 || bytes[$0 + 10] == 2 }
        #expect(trees.contains { bytes[$0 + 10] == 1 } && trees.contains { bytes[$0 + 10] == 2 })
        var random = SplitMix64(seed: 5)
        var (sound, damaged) = (0, 0)
        func compare(_ page: [UInt8], _ number: UInt64, _ what: @autoclosure () -> String) {
            unsafe page.withUnsafeBytes { bytes in
                let look = unsafe LMDBPageLook(known: number, bytes)
                let (flags, flaw) = (look.soundFlags, look.flaw)
                #expect((flags == nil) == (flaw != nil), "\(what()): \(flaw ?? "sound")")
                if let flags, flaw == nil, !look.isBranch {
                    #expect(flags == (0..<look.count).reduce(0) { $0 | look.flags($1) }, "\(what())")
                }
                if flaw == nil { sound += 1 } else { damaged += 1 }
            }
        }
        for start in trees {
            let page = Array(bytes[start..<start + 4096])
            let number = UInt64(start / 4096)
            compare(page, number, "page \(number)")
            let lower = Int(page[12]) | Int(page[13]) << 8
            for round in 0..<1500 {
                var bad = page
                let places = Int(random.next() % 3) + 1
                for _ in 0..<places {
                    // Heads and offsets; then the nodes, whose heads and sizes are among all else.
                    let room = round % 3 == 0 ? 24 : round % 3 == 1 ? lower : 4096
                    let place = Int(random.next() % UInt64(room))
                    if round % 2 == 0 {
                        bad[place] ^= 1 << UInt8(random.next() % 8)
                    } else {
                        bad[place] = UInt8(random.next() & 255)
                    }
                }
                if round % 5 == 0, lower > 20 {
                    // Two that lead to each other's, or one to another's too.
                    let (a, b) = (
                        16 + Int(random.next() % 2) * 2, 16 + Int(random.next() % UInt64((lower - 16) / 2)) * 2
                    )
                    (bad[a], bad[a + 1]) = (page[b], page[b + 1])
                    if round % 10 == 0 { (bad[b], bad[b + 1]) = (page[a], page[a + 1]) }
                }
                compare(bad, number, "page \(number), round \(round)")
            }
        }
        #expect(sound > 1000 && damaged > 10_000)
    }
}
