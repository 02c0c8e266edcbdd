import StrataModel
import StrataObjects

/// What is not there is absent in every answer, and that is no error.
extension ObjectLawBook {
    mutating func addAbsence() {
        begin("absence")
        add("in an empty store") { t in try t.expectAbsent(ObjectContents.blob("absent").id(t.algorithm)) }
        add("among others") { t in
            try t.put(t.many(60))
            try t.expectAbsent(ObjectContents.blob("absent").id(t.algorithm))
        }
        add("of the id that is zero") { t in
            try t.put(t.many(3))
            try t.expectAbsent(.zero(t.algorithm))
        }
        add("of the greatest id") { t in
            try t.put(t.many(3))
            try t.expectAbsent(ObjectID(algorithm: t.algorithm, words: (.max, .max, .max, .max)))
        }
        for (name, digit) in [("first", 0), ("second", 1), ("third", 2), ("last", -1)] {
            add("of an id that differs from one that is there in the \(name) digit") { t in
                let id = try t.put(.blob("there"))
                var digits = Array(id.hex)
                let place = digit < 0 ? digits.count - 1 : digit
                digits[place] = digits[place] == "0" ? "1" : "0"
                guard let other = ObjectID(hex: String(digits)) else { throw LawBroken("an id has no such digits") }
                try t.expectAbsent(other)
                try t.expect(try t.ids(other.hex), [], "the ids with all its digits")
                try t.expectThere(.blob("there"))
            }
        }
        add("of an id of the other hash function") { t in
            let other: HashAlgorithm = t.algorithm == .sha1 ? .sha256 : .sha1
            let id = try t.put(.blob("there"))
            try t.expectAbsent(ObjectContents.blob("there").id(other), "with the same contents")
            try t.expectAbsent(
                ObjectID(algorithm: other, words: (id.word0, id.word1, id.word2, id.word3)), "with the same digits")
            try t.expectAbsent(.emptyTree(other), "that is the tree without entries")
        }
        add("the other hash function has no abbreviations") { t in
            let id = try t.put(.blob("there"))
            let other: HashAlgorithm = t.algorithm == .sha1 ? .sha256 : .sha1
            guard let prefix = ObjectIDPrefix(Array(id.hex.utf8.prefix(4)).span, algorithm: other) else {
                throw LawBroken("an id has no such digits")
            }
            let found = try t.store.ids(startingWith: prefix, atMost: .max).filter { $0.algorithm == other }
            try t.expect(found, [], "the ids of the other hash function")
        }
        add("is not remembered: what was absent is there when it has been written") { t in
            let all = ObjectSample.shapes.map { $0.contents(t.algorithm) }
            for contents in all {
                let id = try contents.id(t.algorithm)
                if id != .emptyTree(t.algorithm) { try t.expectAbsent(id, "before") }
                try t.put(contents)
                try t.expectThere(contents)
            }
        }
        add("is not remembered of the digits of abbreviations") { t in
            let contents = ObjectContents.blob("late")
            let digits = try contents.id(t.algorithm).hex.prefix(8)
            for _ in 0..<2 { try t.expect(try t.resolve(digits), "none", "before") }
            try t.put(contents)
            try t.expect(try t.resolve(digits), contents.id(t.algorithm).hex, "after")
        }
        add("the tree without entries is there in every answer, or in none") { t in
            let id = ObjectID.emptyTree(t.algorithm)
            if try t.store.contains(id) {
                try t.expectThere(ObjectContents(kind: .tree, bytes: []), "of itself")
            } else {
                try t.expectAbsent(id)
            }
            try t.expectListed([], "of a store in which nothing has been written")
        }
        add("the tree without entries is listed once it is written") { t in
            let id = try t.put(ObjectContents(kind: .tree, bytes: []))
            try t.expectThere(ObjectContents(kind: .tree, bytes: []))
            try t.expectListed([id])
        }
    }
}
