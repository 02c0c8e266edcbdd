import StrataModel
import StrataObjects

/// Walks over all objects.
extension ObjectLawBook {
    private static let orders: [(name: String, order: ObjectOrder)] = [
        ("by id", .byID), ("as stored", .asStored(repeating: false)),
        ("as stored, repeating", .asStored(repeating: true)),
    ]

    mutating func addWalks() {
        begin("walks")
        add("of an empty store are empty") { t in try t.expectListed([]) }
        for (name, order) in Self.orders {
            add("\(name) give every object") { t in
                let ids = try t.put(LikeIDs.of(t.algorithm).some(every: 20))
                for round in 1...3 {
                    let found = try t.walk(order)
                    try t.expectIDs(Set(found).sorted(), ids.sorted(), "walk \(round)")
                    if order != .asStored(repeating: true) {
                        try t.expect(Set(found).count, found.count, "the number of different ids")
                    }
                    try t.upkeep?()
                    // What is written again is listed once all the same.
                    if round == 2 { try t.put(LikeIDs.of(t.algorithm).some(every: 20)) }
                }
            }
            add("\(name) give the first and the last ids that there are") { t in
                let all = LikeIDs.of(t.algorithm)
                let ids = try t.put(
                    [0x00, 0x01, 0x17, 0x7f, 0x80, 0xfe, 0xff].flatMap { all.beginning(with: $0, 3) })
                try t.expectIDs(Set(try t.walk(order)).sorted(), ids.sorted(), "the walk")
                try t.upkeep?()
                try t.expectIDs(Set(try t.walk(order)).sorted(), ids.sorted(), "the walk after upkeep")
            }
            add("\(name) stay at their end") { t in
                try t.put(t.many(5))
                let cursor = try t.store.cursor(order)
                _ = try t.rest(of: cursor)
                for _ in 0..<3 { try t.expect(try cursor.next() == nil, "a walk goes on after its end") }
            }
            add("\(name) tell of each object what the store tells") { t in
                let all = ObjectSample.shapes.map { $0.contents(t.algorithm) } + t.many(20)
                let known = Dictionary(try all.map { (try $0.id(t.algorithm), $0) }) { first, _ in first }
                try t.put(all)
                for round in 1...2 {
                    try t.expectInfos(order, known, "in walk \(round)")
                    try t.upkeep?()
                }
            }
            add("\(name) do not get in each other's way, and may be left") { t in
                let ids = try t.put(t.many(50)).sorted()
                let (first, second) = (try t.store.cursor(order), try t.store.cursor(order))
                var found: [[ObjectID]] = [[], []]
                for step in 0..<100 {
                    if let id = try (step % 2 == 0 ? first : second).next() { found[step % 2].append(id) }
                    if step % 10 == 0 { _ = try t.store.cursor(order).next() }
                }
                found[0] += try t.rest(of: first)
                found[1] += try t.rest(of: second)
                for ids in found.dropFirst() { try t.expect(ids.count, found[0].count, "what the walks give") }
                try t.expectIDs(Set(found[1]).sorted(), ids, "the second walk")
                try t.expectIDs(Set(found[0]).sorted(), ids, "the first walk")
            }
            add("\(name) know nothing before the first object") { t in
                try t.put(t.many(3))
                try t.expect(try t.store.cursor(order).info(.all) == nil, "a walk knows of an object before the first")
            }
        }
        add("by id ascend") { t in
            try t.put(LikeIDs.of(t.algorithm).some(every: 10))
            for _ in 0..<2 {
                let found = try t.walk(.byID)
                for (before, after) in zip(found, found.dropFirst()) {
                    try t.expect(before < after, "\(after) comes after \(before)")
                }
                try t.upkeep?()
            }
        }
        add("of many objects give every one") { t in
            let ids = try t.put(t.many(t.options.manyObjects))
            try t.expectListed(ids)
            try t.upkeep?()
            try t.expectListed(ids, "after upkeep")
        }
        add("count about as many as there are") { t in
            try t.expect(try t.store.approximateCount() >= 0, "a store has less than no objects")
            try t.put(t.many(t.options.manyObjects))
            let count = try t.store.approximateCount()
            // Where few are counted for all, chance decides much.
            try t.expect((0...t.options.manyObjects * 100).contains(count), "\(count) are counted")
        }
    }

    mutating func addWalksBesideWriters() {
        begin("walks beside writers")
        for (name, order) in Self.orders {
            let isOnce = order != .asStored(repeating: true)
            add("\(name) miss nothing that was there, when others are written") { t in
                let all = LikeIDs.of(t.algorithm).some(every: 30)
                try t.expectSteadyWalk(order, isOnce, LikeIDs.of(t.algorithm).some(every: 45)) { number in
                    try t.put(all[number])
                }
            }
            add("\(name) miss nothing when what is there is written again", needs: .writes) { t in
                let all = LikeIDs.of(t.algorithm).some(every: 70)
                try t.expectSteadyWalk(order, isOnce, all) { number in
                    let again = all[all.count - 1 - number % all.count]
                    if number % 2 == 0 { _ = try t.stream(again, piece: 100) } else { try t.write(again) }
                }
            }
            add("\(name) miss nothing when all is packed") { t in
                guard let upkeep = t.upkeep else { throw NotApplicable("there is no upkeep") }
                let more = t.many(3)
                try t.expectSteadyWalk(order, isOnce, LikeIDs.of(t.algorithm).some(every: 60)) { number in
                    guard number % 20 == 0 else { return }
                    try t.put(more[number / 20 % 3])
                    try upkeep()
                }
            }
        }
    }
}

extension ObjectTrial {
    /// Walks over `all`, which are put, while `change` is done after each of the first 60 steps: each is given, and nothing that was never there.
    fileprivate func expectSteadyWalk(
        _ order: ObjectOrder, _ isOnce: Bool, _ all: [ObjectContents], _ change: (Int) throws -> Void
    ) throws {
        let ids = try put(all)
        let cursor = try store.cursor(order)
        var found: [ObjectID] = []
        for number in 0..<60 {
            if let id = try cursor.next() {
                found.append(id)
                try expect(try cursor.info(.kind) != nil, "a walk knows nothing of \(id)")
            }
            try change(number)
        }
        found += try rest(of: cursor)
        let missing = Set(ids).subtracting(found)
        try expect(
            missing.isEmpty, "the walk misses \(missing.count) of \(ids.count), the first \(missing.min() ?? ids[0])")
        if isOnce { try expect(Set(found).count, found.count, "the number of different ids") }
        if order == .byID { try expect(found == found.sorted(), "the walk is out of order") }
        for id in Set(found).subtracting(ids) {
            try expect(try store.contains(id), "the walk gives \(id), which is not there")
        }
    }

    fileprivate func expectInfos(
        _ order: ObjectOrder, _ known: [ObjectID: ObjectContents], _ when: String
    ) throws {
        let cursor = try store.cursor(order)
        while let id = try cursor.next() {
            guard let contents = known[id] else { throw LawBroken("\(id) is given \(when)") }
            let info = try cursor.info([.kind, .size])
            try expect(info?.kind, contents.kind, "the kind of a \(contents.words) \(when)")
            try expect(info?.size, UInt64(contents.bytes.count), "the size of a \(contents.words) \(when)")
            try expect(try cursor.info([]) != nil, "that a \(contents.words) is there is not known \(when)")
            let asked = try store.info(of: id, [.kind, .size])
            try expect(asked?.kind == info?.kind && asked?.size == info?.size, "walk and store disagree \(when)")
        }
    }
}
