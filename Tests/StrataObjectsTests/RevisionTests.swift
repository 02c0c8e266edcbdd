import StrataModel
import StrataObjects
import TestSupport
import Testing

@Suite struct RevisionTests {
    @Test func aBaseIsWhatIsLeftOfTheOperators() throws {
        let cases: [(String, String, AbbreviationHint?)] = [
            ("main", "main", nil), ("main~3^2", "main", .committish), ("main^{}", "main", nil),
            ("main^{tree}~1", "main", .treeish), ("main^{commit}", "main", .committish), ("main^{blob}", "main", nil),
            ("@{3}~1", "@{3}", .committish), ("HEAD@{1}^{object}", "HEAD@{1}", nil), ("v1.0", "v1.0", nil),
            ("v1.0~", "v1.0", .committish), ("main^{nothing}", "main^{nothing}", nil), ("^main", "^main", nil),
            ("^", "", .committish), ("", "", nil), ("~1", "", .committish), ("{", "{", nil), ("}", "}", nil),
            ("^{", "^{", nil), ("a^{tree", "a^{tree", nil), ("^{}", "", nil), ("12", "12", nil), ("{}", "{}", nil),
        ]
        for (text, base, hint) in cases {
            let revision = try Revision(text.utf8)
            #expect(String(decoding: revision.base, as: UTF8.self) == base, "\(text)")
            #expect(revision.hint == hint, "\(text)")
        }
    }

    @Test func whatIsNotSupportedIsNamed() {
        let cases = [
            (":file", ":path"), (":0:file", ":path"), (":/fix", ":/text"),
            ("main^{/fix}", "^{/regex}"), ("main^{/a:b}~1", "^{/regex}"), ("main@{u}", "@{upstream}"),
            ("@{Upstream}", "@{upstream}"), ("main@{push}^{tree}", "@{push}"), ("@{-1}", "@{-<n>}"),
            ("main@{yesterday}", "@{<date>}"), ("main@{12:00}", "@{<date>}"),
        ]
        for (text, syntax) in cases {
            let error = #expect(throws: RevisionError.self, "\(text)") { try Revision(text.utf8) }
            #expect(error?.description == "not supported: \(syntax)", "\(text)")
        }
    }

    @Test func describeOutputIsTakenApart() throws {
        let revision = try Revision("v1.0-12-gabcdef0~2".utf8)
        let parts = try #require(revision.describeOutput)
        #expect(String(decoding: parts.name, as: UTF8.self) == "v1.0")
        #expect(String(decoding: parts.digits, as: UTF8.self) == "abcdef0")
        for text in ["v1.0", "gabc", "-gabc", "v1-gabc", "v1--gabc", "-1-gabc", "v1-x-gabc"] {
            #expect(try Revision(text.utf8).describeOutput == nil, "\(text)")
        }
    }

    @Test func anyBytesAreTakenApart() {
        var generator = SplitMix64(seed: 11)
        let alphabet = Array("^~@{}:/-0129tree commit".utf8) + [0, 0x80, 0xff]
        for _ in 0..<20000 {
            let text = (0..<Int(generator.next() % 14)).map { _ in
                alphabet[Int(generator.next() % UInt64(alphabet.count))]
            }
            guard let revision = try? Revision(text) else { continue }
            #expect(text.starts(with: revision.base))
        }
    }

    @Test func errorsAreInGitsWords() throws {
        let repository = try SampleRepository(.sha1, commits: 2)
        let reader = repository.reader()
        for (base, suffix) in [
            ("main", "^{blob}"), ("tree", "^{commit}"), ("tree^{tree}", "~1"), ("blob", "^{tree}~1"),
        ] {
            let result = try run(
                gitPath, ["rev-parse", "--verify", base + suffix], environment: gitEnvironment,
                directory: repository.path)
            let id = try #require(ObjectID(hex: try repository.resolve([base])[0]))
            let revision = try Revision((base + suffix).utf8)
            let error = try #require(#expect(throws: RevisionError.self) { try revision.resolve(id, in: reader) })
            #expect(result.errText.split(separator: "\n").first.map(String.init) == "error: \(error)")
        }
    }

    @Test func parentsOfShallowCommitsAreNotThere() throws {
        let repository = try SampleRepository(.sha1, commits: 5)
        let ids = try repository.resolve(["main", "main~1"]).map { try #require(ObjectID(hex: $0)) }
        let reader = repository.reader()
        let twice = try Revision("main~2".utf8)
        #expect(try twice.resolve(ids[0], in: reader) != nil)
        #expect(try twice.resolve(ids[0], in: reader, shallow: [ids[1]]) == nil)
        #expect(try Revision("main~1".utf8).resolve(ids[0], in: reader, shallow: [ids[1]]) == ids[1])
    }

    @Test func commitsAreParsed() throws {
        let repository = try SampleRepository(.sha256, commits: 5)
        let reader = repository.reader()
        let words = try repository.git("log", "-1", "--format=%H %T %ct %P", "main").split(separator: " ")
        let id = try #require(ObjectID(hex: words[0]))
        let commit = try #require(try reader.commit(id))
        #expect(commit.tree.hex == words[1])
        #expect(String(commit.committerTime) == words[2])
        #expect(commit.parents.map(\.hex) == words[3...].map(String.init))
        #expect(commit.parents.count == 2)
        #expect(try reader.commit(commit.tree) == nil)
        let tree = String(repeating: "a", count: 40)
        for bad in ["", "tree \(tree)", "tree xyz\n", "tree \(tree)\nparent 12\n", "tree \(tree)\nparent \(tree)"] {
            #expect(Commit(Array(bad.utf8), algorithm: .sha1) == nil, "\(bad)")
        }
        #expect(Commit(Array("tree \(tree)\n\nno names\n".utf8), algorithm: .sha1)?.committerTime == 0)
        #expect(Commit(Array("tree \(tree)\n".utf8), algorithm: .sha256) == nil)
    }
}
