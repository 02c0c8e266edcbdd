import StrataModel
import StrataObjects

/// An object whose bytes are spoilt is neither absent nor something else.
extension ObjectLawBook {
    mutating func addDamage() {
        begin("damage")
        for shape in ObjectSample.shapes where !shape.name.contains("empty") {
            add("\(shape.name) that is damaged is an error") { t in
                let contents = shape.contents(t.algorithm)
                try t.expectDamaged(contents)
            }
        }
        add("does not spread to other objects") { t in
            let all = t.many(20)
            try t.put(all)
            try t.expectDamaged(.blob("spoilt"))
            try t.expectThere(all)
        }
        add("hides nothing from walks and abbreviations") { t in
            let ids = try t.put(t.many(10))
            let id = try t.expectDamaged(.blob("spoilt"))
            try t.expectIDs(try t.walk(.byID), (ids + [id]).sorted(), "the walk")
            try t.expectIDs(try t.ids(id.hex), [id], "the ids with its digits")
            try t.expectIDs(try t.ids(""), (ids + [id]).sorted(), "the ids that begin with anything")
        }
    }
}

extension ObjectTrial {
    /// Puts an object and spoils it: nothing says that it is absent, or gives other contents.
    @discardableResult
    fileprivate func expectDamaged(_ contents: ObjectContents) throws -> ObjectID {
        guard let damage else { throw NotApplicable("nothing can be damaged") }
        let id = try put(contents)
        try damage(id)
        try expectError("read") { () throws(ObjectError) in try store.read(id, limit: Self.limit)?.bytes }
        try expectError("stream") { () throws(ObjectError) in
            guard let stream = try store.stream(id, limit: Self.limit) else { return nil }
            var (all, chunk): ([UInt8], [UInt8]) = ([], [])
            while try stream.next(&chunk) { all += chunk }
            return all
        }
        // Kind and size may be right all the same, and then they are told.
        do throws(ObjectError) {
            let info = try store.info(of: id, [.kind, .size])
            let isRight = info?.kind == contents.kind && info?.size == UInt64(contents.bytes.count)
            if !isRight { throw ObjectError(.refused, "info tells \(info.map { "\($0)" } ?? "nothing")") }
        } catch {
            try expect(error.code == .corrupt || error.code == .unavailable, "of a damaged object \(error)")
        }
        do throws(ObjectError) {
            if try !store.contains(id) { throw ObjectError(.refused, "contains says that it is absent") }
        } catch {
            try expect(error.code == .corrupt || error.code == .unavailable, "of a damaged object \(error)")
        }
        return id
    }

    private func expectError(_ what: String, _ body: () throws(ObjectError) -> [UInt8]?) throws {
        let found: [UInt8]?
        do throws(ObjectError) { found = try body() } catch {
            let isRight = error.code == .corrupt || error.code == .unavailable
            return try expect(isRight, "\(what) of a damaged object is an error of kind \(error.code)")
        }
        guard let found else { throw LawBroken("\(what) says that a damaged object is absent") }
        throw LawBroken("\(what) of a damaged object gives \(found.count) bytes")
    }
}
