import StrataModel
import StrataObjects

/// Writing an object piece by piece, of which a size is declared before.
extension ObjectLawBook {
    mutating func addStreamedWriting() {
        begin("streamed writing", needs: .writes)
        for shape in ObjectSample.shapes {
            add("\(shape.name) is there at once") { t in
                let contents = shape.contents(t.algorithm)
                try t.expect(t.stream(contents, piece: 1000), contents.id(t.algorithm), "the id")
                try t.expectThere(contents)
            }
        }
        for piece in [1, 7, 4096, 65_536, 1_000_000] {
            add("in pieces of \(piece) bytes") { t in
                let contents = ObjectContents.blob(random: piece == 1 ? 3000 : 300_000, seed: UInt64(piece))
                try t.expect(t.stream(contents, piece: piece), contents.id(t.algorithm), "the id")
                try t.expectThere(contents)
            }
        }
        add("a large object") { t in
            let contents = ObjectContents.blob(random: t.options.largeObject, seed: 41)
            try t.expect(t.stream(contents, piece: 100_000), contents.id(t.algorithm), "the id")
            try t.expectThere(contents)
        }
        add("twice is harmless, and so is writing whole") { t in
            let contents = ObjectContents.blob(random: 100_000, seed: 42)
            let id = try contents.id(t.algorithm)
            for round in 1...2 {
                try t.expect(t.stream(contents, piece: 9000), id, "the id of a stream")
                try t.expect(t.write(contents), id, "the id")
                try t.expectThere(contents, "in round \(round)")
                try t.expectListed([id], "in round \(round)")
                try t.upkeep?()
            }
        }
        for (name, count) in [("an empty object", 0), ("a small object", 10), ("a large object", 300_000)] {
            for (difference, words) in [(1, "a byte"), (100_000, "many bytes")] {
                add("\(name) declared \(words) too large is refused and leaves nothing") { t in
                    try t.expectRefused(.blob(random: count, seed: 43), declaring: count + difference)
                }
            }
            if count > 0 {
                add("\(name) declared a byte too small is refused and leaves nothing") { t in
                    try t.expectRefused(.blob(random: count, seed: 44), declaring: count - 1)
                }
                add("\(name) declared empty is refused and leaves nothing") { t in
                    try t.expectRefused(.blob(random: count, seed: 45), declaring: 0)
                }
            }
        }
        add("a stream that fails fails the writing, and leaves nothing") { t in
            let contents = ObjectContents.blob(random: 300_000, seed: 46)
            let there = try t.put(.blob("there before"))
            for pieces in [0, 1, 2] {
                let stream = PieceStream(contents, piece: 100_000, failingAfter: pieces)
                let error = try t.error("a stream that fails") { () throws(ObjectError) in
                    _ = try t.store.write(stream, durability: nil)
                }
                try t.expect(error.code, .unavailable, "the code of the error")
                try t.expectAbsent(contents.id(t.algorithm))
                try t.expectListed([there])
            }
            try t.expect(t.stream(contents, piece: 1000), contents.id(t.algorithm), "the id when it does not fail")
            try t.expectThere(contents)
        }
    }
}

extension ObjectTrial {
    /// Writes `contents` in pieces.
    func stream(_ contents: ObjectContents, piece: Int) throws -> ObjectID {
        try store.write(PieceStream(contents, piece: piece), durability: nil)
    }

    /// Writing `contents` is refused when `size` bytes are declared, and nothing of it is there.
    fileprivate func expectRefused(_ contents: ObjectContents, declaring size: Int) throws {
        let there = try put(.blob("there before"))
        let error = try error("a stream of a wrong size") { () throws(ObjectError) in
            _ = try store.write(PieceStream(contents, piece: 70_000, declaring: size), durability: nil)
        }
        try expect(error.code, .refused, "the code of the error")
        try expectAbsent(contents.id(algorithm))
        try expectListed([there])
        try expect(try stream(contents, piece: 70_000), contents.id(algorithm), "the id with the right size")
        try expectThere(contents)
    }
}
