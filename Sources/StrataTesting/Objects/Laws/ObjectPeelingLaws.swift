import StrataModel
import StrataObjects

/// What tags lead to.
extension ObjectLawBook {
    mutating func addPeeling() {
        begin("peeling")
        for kind in [ObjectKind.commit, .tree, .blob] {
            add("a \(kind) is itself") { t in
                let contents = t.target(kind)
                let id = try t.put(contents)
                try t.expect(try t.store.peel(id), TypedObjectID(id: id, kind: kind), "what it peels to")
                try t.expect(try t.store.tagTarget(of: id) == nil, "it is taken for a tag")
            }
            add("a tag of a \(kind) leads to it") { t in
                let id = try t.put(t.target(kind))
                let tag = try t.put(.tag(of: t.target(kind), t.algorithm))
                let expected = TypedObjectID(id: id, kind: kind)
                try t.expect(try t.store.tagTarget(of: tag), expected, "the tag's target")
                try t.expect(try t.store.peel(tag), expected, "what it peels to")
            }
            add("a tag that says another kind than \(kind) is corrupt") { t in
                try t.put(t.target(kind))
                let tag = try t.put(.tag(of: t.target(kind), as: kind == .blob ? .tree : .blob, t.algorithm))
                let error = try t.error("peeling it") { () throws(ObjectError) in _ = try t.store.peel(tag) }
                try t.expect(error.code, .corrupt, "the code of the error")
            }
        }
        add("a tag of a tag leads to the end") { t in
            let first = ObjectContents.tag(of: .commit(t.algorithm), t.algorithm)
            let second = ObjectContents.tag(of: first, t.algorithm)
            try t.put([.commit(t.algorithm), first, second])
            let end = TypedObjectID(id: try ObjectContents.commit(t.algorithm).id(t.algorithm), kind: .commit)
            try t.expect(try t.store.peel(second.id(t.algorithm)), end, "what it peels to")
            try t.expect(try t.store.tagTarget(of: second.id(t.algorithm))?.kind, .tag, "the kind of its target")
        }
        add("a tag of what is absent leads to nothing") { t in
            let tag = try t.put(.tag(of: .commit(t.algorithm), t.algorithm))
            try t.expect(try t.store.peel(tag) == nil, "it leads somewhere")
            try t.expect(
                try t.store.peel(tag, verifyingTarget: false)?.kind, .commit, "the kind that it says, taken at its word"
            )
            try t.put(.commit(t.algorithm))
            try t.expect(try t.store.peel(tag)?.kind, .commit, "the kind that it leads to when that has come")
        }
        for text in ["", "object 1234\ntype commit\ntag x\n\n", "no tag at all\n"] {
            add("a tag of \(text.utf8.count) bytes that is none is corrupt") { t in
                let tag = try t.put(ObjectContents(kind: .tag, bytes: Array(text.utf8)))
                let error = try t.error("peeling it") { () throws(ObjectError) in _ = try t.store.peel(tag) }
                try t.expect(error.code, .corrupt, "the code of the error")
            }
        }
    }
}

extension ObjectTrial {
    fileprivate func target(_ kind: ObjectKind) -> ObjectContents {
        switch kind {
        case .commit: .commit(algorithm)
        case .tree: .tree(algorithm)
        case .blob, .tag: .blob("tagged")
        }
    }
}
