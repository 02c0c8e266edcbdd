import StrataModel
import StrataObjects

/// Contents piece by piece.
extension ObjectLawBook {
    mutating func addStreams() {
        begin("streams")
        add("give a large object in pieces that are no larger than it") { t in
            let contents = ObjectContents.blob(random: t.options.largeObject, seed: 21)
            let stream = try t.open(contents)
            try t.expectBytes(t.collect(stream), contents.bytes, "the pieces together")
        }
        add("tell kind and size before the first piece") { t in
            for shape in ObjectSample.shapes {
                let contents = shape.contents(t.algorithm)
                let stream = try t.open(contents)
                try t.expect(stream.kind, contents.kind, "the kind of \(shape.name)")
                try t.expect(stream.size, UInt64(contents.bytes.count), "the size of \(shape.name)")
            }
        }
        add("may be left after the first piece") { t in
            let contents = ObjectContents.blob(random: t.options.largeObject, seed: 22)
            for _ in 0..<20 {
                let stream = try t.open(contents)
                var chunk: [UInt8] = []
                try t.expect(try stream.next(&chunk), "there is no first piece")
                try t.expectBytes(chunk, Array(contents.bytes.prefix(chunk.count)), "the first piece")
            }
            try t.expectThere(contents)
        }
        add("may be left before the first piece") { t in
            let contents = ObjectContents.blob("left")
            for _ in 0..<20 { _ = try t.open(contents) }
            try t.expectThere(contents)
        }
        add("do not get in each other's way") { t in
            let all = [ObjectContents.blob(random: 300_000, seed: 23), .blob(random: 200_000, seed: 24)]
            let streams = try (all + all).map { try t.open($0) }
            var (found, chunk) = ([[UInt8]](repeating: [], count: 4), [UInt8]())
            var isAnyLeft = true
            while isAnyLeft {
                isAnyLeft = false
                for (index, stream) in streams.enumerated() where try stream.next(&chunk) {
                    found[index] += chunk
                    isAnyLeft = true
                }
            }
            for (found, contents) in zip(found, all + all) {
                try t.expectBytes(found, contents.bytes, "a stream beside others")
            }
        }
        add("go on while others write and pack") { t in
            let contents = ObjectContents.blob(random: 600_000, seed: 25)
            let stream = try t.open(contents)
            var (found, chunk) = ([UInt8](), [UInt8]())
            if try stream.next(&chunk) { found += chunk }
            try t.put(t.many(10))
            try t.upkeep?()
            while try stream.next(&chunk) { found += chunk }
            try t.expectBytes(found, contents.bytes, "the stream")
        }
        add("overwrite what the caller's array held") { t in
            let stream = try t.open(.blob("short"))
            var chunk = [UInt8](repeating: 0x7a, count: 5000)
            var found: [UInt8] = []
            while try stream.next(&chunk) { found += chunk }
            try t.expectBytes(found, Array("short".utf8), "the stream")
        }
        add("of one object can be written into another store") { t in
            let contents = ObjectContents.blob(random: 200_000, seed: 26)
            let stream = try t.open(contents)
            let other = MemoryObjectStore(t.algorithm)
            try t.expect(try other.write(stream, durability: nil), contents.id(t.algorithm), "its id there")
        }
    }
}

extension ObjectTrial {
    /// A stream of `contents`, which are written.
    fileprivate func open(_ contents: ObjectContents) throws -> any ObjectStream {
        guard let stream = try store.stream(put(contents), limit: Self.limit) else {
            throw LawBroken("there is no stream of a \(contents.words)")
        }
        return stream
    }
}
