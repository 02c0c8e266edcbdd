import StrataModel
import StrataObjects

/// The first digits of ids, and what they stand for.
extension ObjectLawBook {
    mutating func addAbbreviations() {
        begin("abbreviations")
        add("of an empty store stand for nothing") { t in
            for digits in ["", "0", "abcd", "4b825dc", String(repeating: "f", count: t.algorithm.hexCount)] {
                try t.expect(try t.ids(digits), [], "the ids that begin with '\(digits)'")
            }
            try t.expect(try t.resolve("abcd"), "none", "what 'abcd' stands for")
        }
        add("of every length stand for all ids that begin like that") { t in
            let ids = try t.put(LikeIDs.of(t.algorithm).some(every: 40)).sorted()
            try t.upkeep?()
            for id in [ids[0], ids[ids.count / 2], ids[ids.count - 1]] {
                for length in 0...t.algorithm.hexCount {
                    let digits = id.hex.prefix(length)
                    try t.expectIDs(
                        try t.ids(digits), ids.filter { $0.hex.hasPrefix(digits) },
                        "the ids that begin with '\(digits)'")
                }
            }
        }
        add("of one and two digits stand for all ids that begin like that") { t in
            let ids = try t.put(LikeIDs.of(t.algorithm).some(every: 40)).sorted()
            for digits in ["0", "7", "a", "f", "00", "0f", "80", "f0", "ff"] {
                try t.expectIDs(
                    try t.ids(digits), ids.filter { $0.hex.hasPrefix(digits) }, "the ids that begin with '\(digits)'")
            }
        }
        add("of no digits stand for all ids, and of many for the lowest") { t in
            let ids = try t.put(LikeIDs.of(t.algorithm).some(every: 100)).sorted()
            for count in [0, 1, 2, 10, ids.count - 1, ids.count, ids.count + 1] {
                try t.expectIDs(try t.ids("", atMost: count), Array(ids.prefix(count)), "the lowest \(count)")
            }
        }
        for digits in [4, 5] {
            add("that two ids share in \(digits) digits are ambiguous, and unique with one more") { t in
                let pair = try LikeIDs.of(t.algorithm).pair(sharing: digits)
                let ids = try t.put(pair)
                let digits = String(ids[0].hex.prefix(digits))
                try t.expectIDs(try t.ids(digits), ids, "the ids that begin with '\(digits)'")
                try t.expectIDs(try t.ids(digits, atMost: 1), [ids[0]], "the first of them")
                try t.expectIDs(try t.ids(digits, atMost: 2), ids, "the first two")
                try t.expect(
                    try t.resolve(digits), ids.map(\.hex).joined(separator: " "), "what '\(digits)' stands for")
                for id in ids {
                    let longer = id.hex.prefix(digits.count + 1)
                    try t.expect(try t.resolve(longer), id.hex, "what '\(longer)' stands for")
                }
            }
        }
        add("are ambiguous also when the other came later") { t in
            let pair = try LikeIDs.of(t.algorithm).pair(sharing: 4)
            let first = try t.put(pair[1])
            let digits = first.hex.prefix(4)
            try t.expect(try t.resolve(digits), first.hex, "what '\(digits)' stands for")
            let second = try t.put(pair[0])
            try t.expectIDs(try t.ids(digits), [second, first], "the ids that begin with '\(digits)'")
            try t.upkeep?()
            try t.expectIDs(try t.ids(digits), [second, first], "the ids that begin with '\(digits)' after upkeep")
        }
        add("of all digits stand for the one object, or nothing") { t in
            let all = LikeIDs.of(t.algorithm).neighbours()
            let ids = try t.put([all[0], all[2]])
            let absent = try all[1].id(t.algorithm)
            for id in ids { try t.expect(try t.resolve(id.hex), id.hex, "what all digits of an object stand for") }
            try t.expect(try t.resolve(absent.hex), "none", "what all digits of one between them stand for")
            try t.expectIDs(try t.ids(absent.hex), [], "the ids with its digits")
        }
        add("of neighbours are told apart") { t in
            let all = LikeIDs.of(t.algorithm).neighbours()
            let ids = try t.put(all)
            for (index, id) in ids.enumerated() {
                let shared = ids.indices.filter { $0 != index }.map { ids[$0].sharedDigits(id) }.max() ?? 0
                try t.expectIDs(
                    try t.ids(id.hex.prefix(shared + 1)), [id], "the ids that begin as the \(index + 1). does")
            }
        }
        add("may be written in capitals") { t in
            let id = try t.put(.blob("capitals"))
            try t.expect(try t.resolve(id.hex.prefix(9).uppercased()), id.hex, "what they stand for")
        }
        add("of fewer than four digits stand for nothing, and neither does what is no digit") { t in
            let id = try t.put(.blob("short"))
            for digits in ["", String(id.hex.prefix(1)), String(id.hex.prefix(3)), "xyzw", id.hex + "0"] {
                try t.expect(try t.resolve(digits), "none", "what '\(digits)' stands for")
            }
        }
        add("stand for the object that fits a hint") { t in
            let pair = try LikeIDs.of(t.algorithm).pair(sharing: 4, [.tree, .blob])
            let ids = try t.put(pair)
            let digits = ids[0].hex.prefix(4)
            for (contents, id) in zip(pair, ids) {
                try t.expect(
                    try t.resolve(digits, contents.kind == .tree ? .tree : .blob), id.hex,
                    "what '\(digits)' stands for where a \(contents.kind) is meant")
            }
            let treeFirst = pair[0].kind == .tree ? ids : ids.reversed()
            try t.expect(
                try t.resolve(digits, .commit), treeFirst.map(\.hex).joined(separator: " "),
                "what it stands for where neither fits")
        }
        add("list an object once, wherever and how often it is kept") { t in
            let contents = ObjectContents.blob("kept twice")
            let id = try t.put(contents)
            try t.upkeep?()
            if t.capabilities.contains(.writes) { _ = try t.stream(contents, piece: 3) }
            try t.expectIDs(try t.ids(id.hex.prefix(6)), [id], "the ids that begin so")
            try t.expect(try t.resolve(id.hex.prefix(6)), id.hex, "what the digits stand for")
        }
    }

    mutating func addDistinguishing() {
        begin("digits that distinguish")
        add("are few in an empty store, and for an object alone") { t in
            let id = try ObjectContents.blob("alone").id(t.algorithm)
            try t.expectDigits(of: id, among: [], "in an empty store")
            try t.put(.blob("alone"))
            try t.expectDigits(of: id, among: [], "alone")
        }
        for digits in [3, 4, 5] {
            add("are \(digits + 1) where another shares \(digits)") { t in
                let ids = try t.put(LikeIDs.of(t.algorithm).pair(sharing: digits))
                for id in ids {
                    try t.expect(try t.store.distinguishingDigits(of: id), digits + 1, "the digits of \(id)")
                }
            }
        }
        add("are as few as will do, and enough, for every object") { t in
            let ids = try t.put(LikeIDs.of(t.algorithm).some(every: 16))
            for id in ids.sorted().prefix(60) { try t.expectDigits(of: id, among: ids, "before upkeep") }
            try t.upkeep?()
            for id in ids.sorted().suffix(60) { try t.expectDigits(of: id, among: ids, "after upkeep") }
        }
        add("count what has been written and packed since they were asked for") { t in
            let pair = try LikeIDs.of(t.algorithm).pair(sharing: 5)
            let first = try t.put(pair[0])
            try t.expectDigits(of: first, among: [], "alone")
            let second = try t.put(pair[1])
            try t.upkeep?()
            try t.expectDigits(of: first, among: [second], "when the other has come")
            try t.expectDigits(of: second, among: [first], "of the other")
        }
        add("of an id that is absent tell it from those that are there") { t in
            let pair = try LikeIDs.of(t.algorithm).pair(sharing: 5)
            let other = try t.put(pair[0])
            try t.expectDigits(of: pair[1].id(t.algorithm), among: [other], "of an absent id")
            try t.expectDigits(of: .zero(t.algorithm), among: [other], "of the id that is zero")
        }
        add("are a length to write ids with") { t in
            let ids = try t.put(LikeIDs.of(t.algorithm).some(every: 64) + LikeIDs.of(t.algorithm).pair(sharing: 5))
            for id in ids.suffix(40) {
                for minimum in [4, 7, 12] {
                    let length = try t.store.abbreviationLength(of: id, minimum: minimum)
                    try t.expect(length >= minimum, "a length of \(length) is less than \(minimum)")
                    try t.expect(try t.resolve(id.hex.prefix(length)), id.hex, "what \(length) digits stand for")
                }
                try t.expect(
                    try t.store.abbreviationLength(of: id, minimum: 0), t.algorithm.hexCount, "the length of all digits"
                )
                try t.expect(try t.store.abbreviationLength(of: id) >= 7, "the default is less than seven digits")
            }
        }
    }
}

extension ObjectTrial {
    /// The digits that tell `id` from `others` are as many as they must be; where fewer than three would do, at most so many.
    fileprivate func expectDigits(of id: ObjectID, among others: [ObjectID], _ when: String) throws {
        let shared = others.filter { $0 != id }.map { $0.sharedDigits(id) + 1 }.max() ?? 0
        let found = try store.distinguishingDigits(of: id)
        let isRight = shared < 3 ? (0...shared).contains(found) : found == shared
        try expect(isRight, "\(found) digits of \(id) instead of \(shared) \(when)")
    }
}
