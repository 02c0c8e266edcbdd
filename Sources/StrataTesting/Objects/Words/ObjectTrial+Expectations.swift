import StrataModel
import StrataObjects

/// What must be true of objects, in all answers of a store.
extension ObjectTrial {
    /// The object is there, and all answers agree about it.
    func expectThere(
        _ contents: ObjectContents, in other: (any ObjectStore)? = nil, _ when: String = "afterwards"
    ) throws {
        let (store, id) = (other ?? self.store, try contents.id(algorithm))
        let size = UInt64(contents.bytes.count)
        let what = "of a \(contents.words) \(when)"
        try expect(try store.contains(id), "a \(contents.words) is not there \(when)")
        try expect(try store.info(of: id, []) != nil, "info has nothing \(what)")
        let info = try store.info(of: id, [.kind, .size])
        try expect(info?.kind, contents.kind, "info: the kind \(what)")
        try expect(info?.size, size, "info: the size \(what)")
        try expect(try store.kind(of: id), contents.kind, "the kind \(what)")
        try expect(try store.header(of: id), ObjectHeader(kind: contents.kind, size: size), "the header \(what)")
        guard let read = try store.read(id, limit: Self.limit) else {
            throw LawBroken("reading gives nothing \(what)")
        }
        try expect(read.kind, contents.kind, "read: the kind \(what)")
        try expectBytes(read.bytes, contents.bytes, "read: the contents \(what)")
        guard let stream = try store.stream(id, limit: Self.limit) else {
            throw LawBroken("there is no stream \(what)")
        }
        try expect(stream.kind, contents.kind, "stream: the kind \(what)")
        try expect(stream.size, size, "stream: the size \(what)")
        try expectBytes(try collect(stream), contents.bytes, "stream: the contents \(what)")
    }

    func expectThere(_ all: [ObjectContents], in other: (any ObjectStore)? = nil, _ when: String = "afterwards") throws
    {
        for contents in all { try expectThere(contents, in: other, when) }
    }

    /// The object is absent, in all answers, and none is an error.
    func expectAbsent(_ id: ObjectID, in other: (any ObjectStore)? = nil, _ when: String = "afterwards") throws {
        let store = other ?? self.store
        let answers: [(String, () throws(ObjectError) -> Bool)] = [
            ("contains", { () throws(ObjectError) in try !store.contains(id) }),
            ("info", { () throws(ObjectError) in try store.info(of: id, []) == nil }),
            ("info of all", { () throws(ObjectError) in try store.info(of: id, .all) == nil }),
            ("the kind", { () throws(ObjectError) in try store.kind(of: id) == nil }),
            ("the header", { () throws(ObjectError) in try store.header(of: id) == nil }),
            ("read", { () throws(ObjectError) in try store.read(id, limit: Self.limit) == nil }),
            ("read up to nothing", { () throws(ObjectError) in try store.read(id, limit: 0) == nil }),
            ("stream", { () throws(ObjectError) in try store.stream(id, limit: Self.limit) == nil }),
            ("the target of a tag", { () throws(ObjectError) in try store.tagTarget(of: id) == nil }),
            ("peel", { () throws(ObjectError) in try store.peel(id) == nil }),
            ("freshen", { () throws(ObjectError) in try !store.freshen(id) }),
        ]
        for (name, isAbsent) in answers {
            let found: Bool
            do throws(ObjectError) { found = try !isAbsent() } catch {
                throw LawBroken("\(name) of an absent object \(when) is an error: \(error)")
            }
            try expect(!found, "\(name) finds an absent object \(when)")
        }
    }

    /// The objects that are listed are these, by walks of every order and as an abbreviation of no digits.
    func expectListed(
        _ expected: some Sequence<ObjectID>, in other: (any ObjectStore)? = nil, _ when: String = "afterwards"
    ) throws {
        let store = other ?? self.store
        let sorted = Set(expected).sorted()
        try expectIDs(try walk(.byID, in: store), sorted, "a walk by id \(when)")
        let stored = try walk(.asStored(repeating: false), in: store)
        try expectIDs(stored.sorted(), sorted, "a walk as stored \(when), sorted")
        let repeated = try walk(.asStored(repeating: true), in: store)
        try expectIDs(Set(repeated).sorted(), sorted, "a walk as stored that repeats \(when), sorted")
        let all = try store.ids(startingWith: prefix(""), atMost: .max)
        try expectIDs(all, sorted, "the ids that begin with anything \(when)")
    }

    /// Compares lists of ids, of which there may be many.
    func expectIDs(_ found: [ObjectID], _ expected: [ObjectID], _ what: @autoclosure () -> String) throws {
        guard found != expected else { return }
        let (missing, extra) = (Set(expected).subtracting(found), Set(found).subtracting(expected))
        var findings: [String] = []
        if let one = missing.min() { findings.append("misses \(missing.count) of \(expected.count), the first \(one)") }
        if let one = extra.min() { findings.append("has \(extra.count) too many, the first \(one)") }
        if findings.isEmpty {
            findings.append(found.count > expected.count ? "has some ids twice" : "is in another order")
        }
        throw LawBroken("\(what()) \(findings.joined(separator: " and "))")
    }

    func expectBytes(_ found: [UInt8], _ expected: [UInt8], _ what: @autoclosure () -> String) throws {
        guard found != expected else { return }
        let place = zip(found, expected).prefix { $0 == $1 }.count
        throw LawBroken("\(what()): \(found.count) bytes of \(expected.count), other from byte \(place) on")
    }
}

extension ObjectFields {
    /// All that can be asked for.
    static let all: ObjectFields = [.kind, .size, .storedSize, .deltaBase, .place]
}
