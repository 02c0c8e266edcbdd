import StrataIO
import StrataModel
import StrataObjects

/// Writing an object whole.
extension ObjectLawBook {
    /// Where buffers end.
    private static let sizes = [2, 127, 128, 4095, 4096, 4097, 65_535, 65_536, 65_537, 200_000]

    mutating func addWriting() {
        begin("writing", needs: .writes)
        for shape in ObjectSample.shapes {
            add("\(shape.name) is there at once") { t in
                let contents = shape.contents(t.algorithm)
                try t.expect(t.write(contents), contents.id(t.algorithm), "the id")
                try t.expectThere(contents)
            }
        }
        for size in Self.sizes {
            add("\(size) bytes") { t in
                let contents = ObjectContents.blob(random: size, seed: UInt64(size))
                try t.expect(t.write(contents), contents.id(t.algorithm), "the id")
                try t.expectThere(contents)
            }
        }
        add("a large object") { t in
            let contents = ObjectContents.blob(random: t.options.largeObject, seed: 31)
            try t.expect(t.write(contents), contents.id(t.algorithm), "the id")
            try t.expectThere(contents)
        }
        add("twice is harmless") { t in
            let all = ObjectSample.shapes.map { $0.contents(t.algorithm) }
            for round in 1...3 {
                for contents in all { try t.expect(t.write(contents), contents.id(t.algorithm), "the id") }
                if round == 2 { try t.upkeep?() }
                try t.expectThere(all, "in round \(round)")
                try t.expectListed(all.map { try $0.id(t.algorithm) }, "in round \(round)")
            }
        }
        add("what others wrote is harmless") { t in
            let all = ObjectSample.shapes.map { $0.contents(t.algorithm) }
            let ids = try t.put(all)
            for contents in all { try t.expect(t.write(contents), contents.id(t.algorithm), "the id") }
            try t.expectThere(all)
            try t.expectListed(ids)
        }
        for (name, durability) in [("none", Durability.none), ("data", .data), ("full", .full)] {
            add("with durability \(name)") { t in
                let contents = ObjectContents.blob("kept: \(name)")
                for _ in 0..<2 {
                    let id = try t.store.write(.blob, contents.bytes.span, durability: durability)
                    try t.expect(id, contents.id(t.algorithm), "the id")
                    let stream = MemoryObjectStream(contents)
                    try t.expect(try t.store.write(stream, durability: durability), id, "the id of a stream")
                }
                try t.expectThere(contents)
            }
        }
        add("many objects, all of which are there") { t in
            let all = t.many(t.options.manyObjects)
            let ids = try all.map { try t.write($0) }
            try t.expectListed(ids)
            for id in ids { try t.expect(try t.store.contains(id), "one of many is not there") }
        }
        add("neighbours of what is there changes nothing of it") { t in
            let all = LikeIDs.of(t.algorithm).neighbours()
            try t.put(all[1])
            try t.write(all[0])
            try t.write(all[2])
            try t.expectThere(all)
        }
        add("what is written is marked as wanted, and what is absent is not") { t in
            let id = try t.write(.blob("wanted"))
            _ = try t.store.freshen(id)
            try t.expectThere(.blob("wanted"))
            try t.expect(try !t.store.freshen(ObjectContents.blob("unwanted").id(t.algorithm)), "an absent object is")
            try t.expectListed([id])
        }
    }
}
