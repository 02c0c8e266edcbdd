import StrataModel
import StrataObjects

/// The limit of what is read.
extension ObjectLawBook {
    mutating func addLimits() {
        begin("limits")
        add("an object as large as the limit is read") { t in
            for shape in ObjectSample.shapes {
                let contents = shape.contents(t.algorithm)
                let read = try t.store.read(t.put(contents), limit: contents.bytes.count)
                try t.expectBytes(read?.bytes ?? [1], contents.bytes, shape.name)
            }
        }
        for (name, count) in [("a byte", 1), ("a page", 4096), ("some pages", 70_000)] {
            add("\(name) is refused by a limit of a byte less") { t in
                let id = try t.put(.blob(random: count, seed: 11))
                try t.expectTooLarge(id, count - 1)
                let read = try t.store.read(id, limit: count)
                try t.expect(read?.bytes.count, count, "what is read with the limit as large")
            }
        }
        add("a large object is refused by a small limit, and read by a large one") { t in
            let contents = ObjectContents(kind: .blob, bytes: [UInt8](repeating: 1, count: t.options.largeObject))
            let id = try t.put(contents)
            try t.expectTooLarge(id, 1000)
            try t.expectTooLarge(id, 0)
            try t.expectThere(contents)
            try t.expectTooLarge(id, t.options.largeObject - 1)
        }
        add("what was read before is refused all the same") { t in
            let contents = ObjectContents.blob(random: 500, seed: 12)
            let id = try t.put(contents)
            for _ in 0..<2 {
                try t.expectThere(contents)
                try t.expectTooLarge(id, 499)
            }
        }
        add("what was packed is refused all the same") { t in
            guard let upkeep = t.upkeep else { throw NotApplicable("there is no upkeep") }
            let all = t.many(20)
            let ids = try t.put(all)
            try upkeep()
            for (id, contents) in zip(ids, all) { try t.expectTooLarge(id, contents.bytes.count - 1) }
            try t.expectThere(all)
        }
        add("a stream gives all of an object, or says that it is too large") { t in
            let contents = ObjectContents.blob(random: 70_000, seed: 13)
            let id = try t.put(contents)
            do throws(ObjectError) {
                guard let stream = try t.store.stream(id, limit: 10) else { throw ObjectError(.refused, "nothing") }
                do { try t.expectBytes(t.collect(stream), contents.bytes, "the stream") } catch {
                    throw ObjectError(.refused, "\(error)")
                }
            } catch {
                try t.expect(error.code, .tooLarge, "the code of the error \(error)")
            }
        }
    }
}

extension ObjectTrial {
    fileprivate func expectTooLarge(_ id: ObjectID, _ limit: Int) throws {
        let error = try error("reading more than \(limit) bytes") { () throws(ObjectError) in
            _ = try store.read(id, limit: limit)
        }
        try expect(error.code, .tooLarge, "the code of the error")
        try expect(try store.contains(id), "an object that is too large is not there")
    }
}
