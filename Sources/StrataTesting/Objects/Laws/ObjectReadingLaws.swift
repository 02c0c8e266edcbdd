import StrataModel
import StrataObjects

/// What is there is given as it was written, by every answer.
extension ObjectLawBook {
    mutating func addReading() {
        begin("reading")
        for shape in ObjectSample.shapes {
            add("\(shape.name) is as it was written") { t in
                let contents = shape.contents(t.algorithm)
                try t.put(contents)
                try t.expectThere(contents)
            }
        }
        add("a large object is as it was written") { t in
            let contents = ObjectContents(
                kind: .blob, bytes: [UInt8](repeating: 0x61, count: t.options.largeObject))
            try t.put(contents)
            try t.expectThere(contents)
        }
        add("a large object that does not compress is as it was written") { t in
            let contents = ObjectContents.blob(random: t.options.largeObject, seed: 9)
            try t.put(contents)
            try t.expectThere(contents)
        }
        add("many objects are each as they were written") { t in
            let all = t.many(t.options.manyObjects)
            try t.put(all)
            try t.upkeep?()
            for contents in all {
                let read = try t.store.read(contents.id(t.algorithm), limit: ObjectTrial.limit)
                try t.expectBytes(read?.bytes ?? [], contents.bytes, "one of many")
            }
        }
        add("reading again gives the same") { t in
            let all = ObjectSample.shapes.map { $0.contents(t.algorithm) }
            try t.put(all)
            for round in 1...3 { try t.expectThere(all, "in round \(round)") }
        }
        add("the same bytes of another kind are another object") { t in
            let commit = ObjectContents.commit(t.algorithm)
            let all = ObjectKind.allCases.map { ObjectContents(kind: $0, bytes: commit.bytes) }
            let ids = try t.put(all)
            try t.expect(Set(ids).count, 4, "the number of ids")
            try t.expectThere(all)
        }
        add("upkeep changes nothing") { t in
            guard let upkeep = t.upkeep else { throw NotApplicable("there is no upkeep") }
            let all = ObjectSample.shapes.map { $0.contents(t.algorithm) } + t.many(20)
            let ids = try t.put(all)
            try t.expectThere(all, "before it")
            try upkeep()
            try t.expectThere(all, "after it")
            try t.expectListed(ids, "after it")
            try upkeep()
            try t.expectThere(all, "after it was done twice")
        }
    }

    mutating func addInfo() {
        begin("info")
        let fields: [(String, ObjectFields)] = [("the kind", .kind), ("the size", .size), ("all", .all)]
        for (name, asked) in fields {
            add("\(name) alone is right") { t in
                for shape in ObjectSample.shapes {
                    let contents = shape.contents(t.algorithm)
                    let info = try t.store.info(of: t.put(contents), asked)
                    try t.expect(info != nil, "nothing is known of \(shape.name)")
                    if asked.contains(.kind) { try t.expect(info?.kind, contents.kind, "the kind of \(shape.name)") }
                    if asked.contains(.size) {
                        try t.expect(info?.size, UInt64(contents.bytes.count), "the size of \(shape.name)")
                    }
                }
            }
        }
        add("what is told and was not asked for is right too") { t in
            for shape in ObjectSample.shapes {
                let contents = shape.contents(t.algorithm)
                let id = try t.put(contents)
                for asked: ObjectFields in [[], .kind, .size, .storedSize, .deltaBase, .place] {
                    let info = try t.store.info(of: id, asked)
                    try t.expect(info?.kind ?? contents.kind, contents.kind, "the kind of \(shape.name)")
                    try t.expect(
                        info?.size ?? UInt64(contents.bytes.count), UInt64(contents.bytes.count),
                        "the size of \(shape.name)")
                }
            }
        }
        add("the base of a delta is an object that is there, or zero") { t in
            let ids = try t.put(t.many(30))
            try t.upkeep?()
            for id in ids {
                guard let base = try t.store.info(of: id, .deltaBase)?.deltaBase, !base.isZero else { continue }
                try t.expect(try t.store.contains(base), "the base of a delta is not there")
                try t.expect(base != id, "an object is its own base")
            }
        }
        add("large objects are told of without being read") { t in
            let contents = ObjectContents(kind: .tree, bytes: [UInt8](repeating: 7, count: t.options.largeObject))
            let id = try t.put(contents)
            try t.expect(
                try t.store.header(of: id), ObjectHeader(kind: .tree, size: UInt64(t.options.largeObject)), "the header"
            )
        }
    }
}
