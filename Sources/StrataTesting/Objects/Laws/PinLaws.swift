import StrataModel
import StrataObjects

/// Stores that keep what was there.
extension ObjectLawBook {
    mutating func addPins() {
        begin("pinned stores")
        add("of stores that cannot pin give the same objects") { t in
            guard !t.capabilities.contains(.pins) else { throw NotApplicable("the store pins") }
            let all = t.many(5)
            let ids = try t.put(all)
            try t.expectThere(all, in: t.store.pinned())
            try t.expectListed(ids, in: t.store.pinned())
        }
        begin("pinned stores", needs: .pins)
        add("show what there is") { t in
            let all = ObjectSample.shapes.map { $0.contents(t.algorithm) } + t.many(10)
            let ids = try t.put(all)
            let pinned = try t.store.pinned()
            try t.expect(pinned.algorithm, t.algorithm, "the hash function")
            try t.expectThere(all, in: pinned)
            try t.expectListed(ids, in: pinned)
            try t.expectAbsent(ObjectContents.blob("absent").id(t.algorithm), in: pinned)
        }
        add("of an empty store can be asked") { t in
            let pinned = try t.store.pinned()
            try t.expectAbsent(ObjectContents.blob("absent").id(t.algorithm), in: pinned)
            try t.expectListed([], in: pinned)
        }
        add("keep showing it when more is written") { t in
            let all = t.many(30)
            try t.put(Array(all[..<10]))
            let pinned = try t.store.pinned()
            for contents in all[10...] {
                try t.put(contents)
                try t.expectThere(all[3], in: pinned, "while more is written")
            }
            try t.expectThere(Array(all[..<10]), in: pinned)
            let walked = Set(try t.walk(.byID, in: pinned))
            try t.expect(
                try all[..<10].allSatisfy { walked.contains(try $0.id(t.algorithm)) }, "a walk misses some of it")
            try t.expectThere(all)
        }
        add("keep showing it when all is packed again") { t in
            guard let upkeep = t.upkeep else { throw NotApplicable("there is no upkeep") }
            let all = t.many(30)
            try t.put(Array(all[..<10]))
            try upkeep()
            try t.put(Array(all[10..<20]))
            let pinned = try t.store.pinned()
            for _ in 0..<2 {
                try t.put(all[20...].map { .blob("more: \($0.bytes.count)") })
                try upkeep()
                try t.expectThere(Array(all[..<20]), in: pinned)
                let walked = Set(try t.walk(.byID, in: pinned))
                try t.expect(
                    try all[..<20].allSatisfy { walked.contains(try $0.id(t.algorithm)) }, "a walk misses some of it")
            }
        }
        add("of different moments do not disturb each other or the store") { t in
            let all = t.many(12)
            var pinned: [any ObjectStore] = []
            for contents in all {
                try t.put(contents)
                pinned.append(try t.store.pinned())
                try t.upkeep?()
            }
            for (count, pinned) in pinned.enumerated() {
                try t.expectThere(Array(all[...count]), in: pinned, "in the one of moment \(count)")
            }
            try t.expectThere(all)
        }
        add("can be pinned again") { t in
            let all = t.many(5)
            try t.put(all)
            let again = try t.store.pinned().pinned()
            try t.upkeep?()
            try t.put(.blob("more"))
            try t.expectThere(all, in: again)
        }
        add("have digits and abbreviations of what was there") { t in
            let pair = try LikeIDs.of(t.algorithm).pair(sharing: 5)
            let ids = try t.put(pair)
            let pinned = try t.store.pinned()
            try t.upkeep?()
            for id in ids { try t.expect(try pinned.distinguishingDigits(of: id), 6, "the digits of \(id)") }
            let found = try pinned.ids(startingWith: t.prefix(ids[0].hex.prefix(5)), atMost: .max)
            try t.expectIDs(found, ids, "the ids that begin alike")
        }
    }
}
