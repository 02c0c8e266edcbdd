import StrataModel
import StrataObjects

/// What is written through one store of some objects is there in the others.
extension ObjectLawBook {
    mutating func addSharing() {
        begin("sharing")
        add("what the other store writes is seen at once, whatever was asked before") { t in
            try t.needTwo()
            let all = t.many(20)
            for (count, contents) in all.enumerated() {
                try t.expectAbsent(contents.id(t.algorithm), "before")
                try t.expect(try t.walk(.byID).count, count, "the number of objects before")
                try t.put(contents)
                try t.expectThere(contents)
                try t.expect(try t.walk(.byID).count, count + 1, "the number of objects after")
            }
        }
        add("what the other store writes and packs is seen at once") { t in
            try t.needTwo()
            guard let upkeep = t.upkeep else { throw NotApplicable("there is no upkeep") }
            let all = t.many(12)
            for contents in all {
                try t.expectAbsent(contents.id(t.algorithm), "before")
                try t.put(contents)
                try upkeep()
                try t.expectThere(contents)
            }
            try t.expectThere(all)
            try t.expectListed(all.map { try $0.id(t.algorithm) })
        }
        add("what this store writes is seen by the other", needs: .writes) { t in
            try t.needTwo()
            for contents in ObjectSample.shapes.map({ $0.contents(t.algorithm) }) {
                try t.write(contents)
                try t.expectThere(contents, in: t.writer, "in the other store")
            }
        }
    }

    mutating func addCapabilities() {
        begin("capabilities")
        add("are the same at every asking") { t in
            try t.put(.blob("x"))
            try t.expect(t.store.capabilities, t.capabilities, "the capabilities")
            try t.expect(t.store.algorithm, t.algorithm, "the hash function")
        }
        add("a new store is empty") { t in try t.expectListed([]) }
        add("a pinned store pins and writes no more than the store") { t in
            let more = try t.store.pinned().capabilities.subtracting(t.capabilities)
            try t.expect(more.isEmpty, "it declares \(more.words)")
        }
    }

    mutating func addReadOnly() {
        begin("read-only stores")
        let ways: [(String, @Sendable (ObjectTrial, ObjectContents) throws(ObjectError) -> ObjectID)] = [
            (
                "an object",
                { t, new throws(ObjectError) in try t.store.write(new.kind, new.bytes.span, durability: nil) }
            ),
            (
                "a stream",
                { t, new throws(ObjectError) in try t.store.write(MemoryObjectStream(new), durability: nil) }
            ),
        ]
        for (what, write) in ways {
            for isKnown in [false, true] {
                add("refuse \(what) that is \(isKnown ? "there already" : "new"), and change nothing") { t in
                    try t.needReadOnly()
                    let all = t.many(5)
                    let ids = try t.put(all)
                    let new = isKnown ? all[2] : .blob("new")
                    let error = try t.error("writing") { () throws(ObjectError) in _ = try write(t, new) }
                    try t.expect(error.code, .refused, "the code of the error")
                    try t.expectListed(ids)
                    try t.expectThere(all)
                    if !isKnown { try t.expectAbsent(new.id(t.algorithm)) }
                }
            }
        }
        add("show what others write") { t in
            try t.needReadOnly()
            for contents in t.many(5) {
                try t.put(contents)
                try t.expectThere(contents)
            }
        }
    }
}

extension ObjectTrial {
    fileprivate func needTwo() throws {
        guard hasTwoHandles else { throw NotApplicable("there is one store; see checkObjectStore(_:sharing:)") }
    }

    fileprivate func needReadOnly() throws {
        guard !capabilities.contains(.writes) else { throw NotApplicable("the store can be written") }
    }
}
