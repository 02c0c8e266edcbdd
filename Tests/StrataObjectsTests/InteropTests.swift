import StrataModel
import StrataObjects
import SystemPackage
import TestSupport
import Testing

/// How git was told to store the objects.
enum Layout: String, CaseIterable, Sendable {
    case loose, packed, deep, refDeltas, indexVersion1, largeOffsets

    func apply(to repository: SampleRepository) throws {
        switch self {
        case .loose: break
        case .packed: try repository.git("repack", "-adq")
        case .deep: try repository.git("repack", "-adfq", "--depth=4000", "--window=200")
        case .refDeltas: try repository.git("-c", "repack.useDeltaBaseOffset=false", "repack", "-adFq")
        case .indexVersion1: try repository.git("-c", "pack.indexVersion=1", "repack", "-adq")
        case .largeOffsets:
            try repository.git("repack", "-adq")
            let packs = repository.objects.appending("pack")
            for name in names(in: packs) where name.hasSuffix(".idx") {
                let index = packs.appending(name)
                var pack = index
                pack.extension = "pack"
                // An index that writes offsets from byte 256 on as if they lay beyond 2 GiB.
                removeTree(index)
                try repository.git(
                    "index-pack", "--index-version=2,0x100", "-o", index.string, pack.string)
            }
        }
    }
}

@Suite struct InteropTests {
    static let cases = Layout.allCases.flatMap { layout in HashAlgorithm.allCases.map { (layout, $0) } }

    @Test(arguments: cases)
    func everyObjectIsWhatGitSays(_ layout: Layout, _ algorithm: HashAlgorithm) throws {
        let repository = try SampleRepository(algorithm)
        try layout.apply(to: repository)
        let reader = repository.reader()
        let contents = try repository.contents()
        let objects = try repository.list()
        #expect(objects.count > 250)
        for object in objects {
            #expect(try reader.contains(object.id))
            #expect(try reader.kind(of: object.id) == object.header.kind)
            #expect(try reader.header(of: object.id) == object.header)
            let read = try #require(try reader.read(object.id))
            #expect(read.kind == object.header.kind)
            #expect(read.bytes == contents[object.id])
            #expect(throws: ObjectError.self) {
                try reader.read(object.id, limit: Int(object.header.size) - 1)
            }
        }
        // Ids that are near, but not there.
        for object in objects {
            var bytes = object.id.bytes
            bytes[bytes.count - 1] ^= 1
            let id = ObjectID(bytes: bytes.span)
            let near = try #require(id)
            #expect(try !reader.contains(near))
            #expect(try reader.kind(of: near) == nil)
            #expect(try reader.read(near) == nil)
        }
        try compareRevisions(repository, reader)
        try compareAbbreviations(repository, reader, objects.map(\.id))
    }

    private func compareRevisions(_ repository: SampleRepository, _ reader: FilesObjectStore) throws {
        let bases = ["main", "light", "v1", "v1-tag", "v1-tag-tag", "tree", "blob", "side"]
        let suffixes = [
            "", "^{}", "^{commit}", "^{tree}", "^{blob}", "^{tag}", "^{object}", "^0", "^", "^1", "^2", "^3", "~", "~0",
            "~1", "~2", "~59", "~60", "~61", "~1000", "^2~1", "^2^", "~3^2", "^^", "~~", "^{}^{tree}", "^{tag}^{}",
            "^{commit}~2^{tree}", "^0~1^{}", "~99999999999999999999", "^99999999999999999999", "^{nonsense}", "^{tree",
            "~1^{tree}^{tree}", "^{tree}~1", "^{blob}^{blob}", "^{tag}^{tag}", "^01", "~002",
        ]
        let ids = try repository.resolve(bases)
        let expressions = bases.flatMap { base in suffixes.map { base + $0 } }
        let answers = try repository.resolve(expressions)
        for (expression, answer) in zip(expressions, answers) {
            var mine = "missing"
            do throws(RevisionError) {
                let revision = try Revision(expression.utf8)
                if let index = bases.firstIndex(where: { revision.base.elementsEqual($0.utf8) }),
                    let base = ObjectID(hex: ids[index]), let id = try revision.resolve(base, in: reader)
                {
                    mine = id.hex
                }
            } catch {
                if case .lookup = error { mine = "error" }
            }
            #expect(mine == answer, "\(expression)")
        }
    }

    private func compareAbbreviations(
        _ repository: SampleRepository, _ reader: FilesObjectStore, _ ids: [ObjectID]
    ) throws {
        var prefixes = ids.map { String($0.hex.prefix(4)) }
        prefixes += ids.prefix(50).flatMap { id in [5, 7, 39].map { String(id.hex.prefix($0)) } }
        prefixes += ["0000", "ffff", "abcd", "ABCD"] + ids.prefix(9).map { $0.hex.prefix(8).uppercased() }
        let answers = try repository.resolve(prefixes)
        for (prefix, answer) in zip(prefixes, answers) {
            let mine =
                switch try reader.resolveAbbreviation(Array(prefix.utf8).span) {
                case .none: "missing"
                case .unique(let id): id.hex
                case .ambiguous: "ambiguous"
                }
            #expect(mine == answer, "\(prefix)")
        }
        let short = try reader.resolveAbbreviation([0x61, 0x62, 0x63].span)
        #expect(short == .none)
        for minimum in [nil, 4, 10] {
            let option = minimum.map { "--short=\($0)" } ?? "--short"
            for id in ids.prefix(minimum == 4 ? 12 : 1) {
                let short = try repository.git("rev-parse", option, id.hex)
                #expect(try reader.abbreviationLength(of: id, minimum: minimum) == short.utf8.count)
            }
        }
    }

    @Test func tagsPeelAsGitPeelsThem() throws {
        let repository = try SampleRepository(.sha1, commits: 4)
        let reader = repository.reader()
        for name in ["v1", "v1-tag", "v1-tag-tag", "tree", "blob", "light"] {
            let ids = try repository.resolve([name, name + "^{}"])
            let id = try #require(ObjectID(hex: ids[0]))
            let peeled = try #require(try reader.peel(id))
            #expect(peeled.id.hex == ids[1])
            #expect(peeled.kind == (try reader.kind(of: peeled.id)))
            #expect(try reader.peel(id, verifyingTarget: false) == peeled)
            #expect((try reader.tagTarget(of: id) == nil) == (name == "light"))
        }
        let tag = try #require(ObjectID(hex: try repository.resolve(["v1-tag"])[0]))
        #expect(try reader.tagTarget(of: tag)?.id.hex == repository.resolve(["v1"])[0])
        #expect(try reader.tagTarget(of: tag)?.kind == .tag)
        #expect(try reader.peel(.zero(.sha1)) == nil)
    }

    @Test func tagsThatLieAreCorrupt() throws {
        let repository = try SampleRepository(.sha1, commits: 4)
        let reader = repository.reader()
        func tag(_ object: String, _ type: String) throws -> ObjectID {
            let text = "object \(object)\ntype \(type)\ntag x\n\nhello\n"
            return try #require(
                ObjectID(
                    hex: try repository.git(
                        ["hash-object", "-w", "-t", "tag", "--literally", "--stdin"], stdin: Array(text.utf8))))
        }
        let commit = try repository.resolve(["main"])[0]
        let absent = String(repeating: "12", count: 20)
        let mistyped = try tag(commit, "blob")
        #expect(throws: ObjectError.self) { try reader.peel(mistyped) }
        #expect(try reader.peel(mistyped, verifyingTarget: false)?.kind == .blob)
        let dangling = try tag(absent, "commit")
        #expect(try reader.peel(dangling) == nil)
        #expect(try reader.peel(dangling, verifyingTarget: false)?.id.hex == absent)
        let unknown = try tag(commit, "commitment")
        let error = #expect(throws: ObjectError.self) { try reader.peel(unknown) }
        #expect(error?.code == .corrupt)
        #expect(error?.object == unknown)
        let revision = try Revision("x^{}".utf8)
        let missing = #expect(throws: RevisionError.self) { try revision.resolve(dangling, in: reader) }
        #expect(missing?.description == "missing object referenced by 'x'")
    }
}
