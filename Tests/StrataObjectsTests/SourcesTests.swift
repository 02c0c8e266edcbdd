import StrataModel
import StrataObjects
import Synchronization
import SystemPackage
import TestSupport
import Testing

/// Alternates, and what changes while a reader is open.
@Suite struct SourcesTests {
    private func write(_ text: String, to path: FilePath) throws { try replace(path, with: Array(text.utf8)) }

    private func list(of repository: SampleRepository) -> FilePath {
        repository.objects.appending("info").appending("alternates")
    }

    @Test func alternatesAreFollowedAsGitFollowsThem() throws {
        let far = try SampleRepository(.sha1, commits: 3)
        let id = try #require(ObjectID(hex: try far.git("hash-object", "-w", "--stdin", stdin: Array("far".utf8))))
        // A chain, each naming the next by a relative path, and the last the first again.
        let chain = try (0..<7).map { _ in try SampleRepository(.sha1, commits: 2) }
        for (near, next) in zip(chain, chain.dropFirst() + [far]) {
            let name = next.path.lastComponent?.string ?? ""
            try write("# a comment\n\n../../\(name)/objects\n", to: list(of: near))
        }
        try write(chain[6].objects.string + "\n", to: list(of: far))
        for (number, repository) in chain.enumerated() {
            let status = try run(
                gitPath, ["cat-file", "-e", id.hex], environment: gitEnvironment, directory: repository.path
            ).status
            let reader = repository.reader()
            if status == 0 {
                #expect(try reader.contains(id), "\(number)")
                #expect(try reader.read(id)?.bytes == Array("far".utf8))
            } else {
                // Git says "nesting too deep" and goes on; that something is absent cannot be known.
                let error = #expect(throws: ObjectError.self) { try reader.contains(id) }
                #expect(error?.code == .unavailable)
                #expect(error?.cause.hasSuffix("ignoring alternate object stores, nesting too deep") == true)
            }
            #expect(status == (number == 0 ? 1 : 0))
        }
        let reader = chain[5].reader()
        #expect(try !reader.contains(.zero(.sha1)))
        withExtendedLifetime((far, chain)) {}
    }

    @Test func quotedAlternatesAndThoseOfTheEnvironment() throws {
        let far = try SampleRepository(.sha1, commits: 3)
        let near = try SampleRepository(.sha1, commits: 2)
        let id = try #require(ObjectID(hex: try far.git("hash-object", "-w", "--stdin", stdin: Array("far".utf8))))
        #expect(try !near.reader().contains(id))
        let odd = near.path.appending("a:\"b\\\t\u{e9}")
        _ = try run("mv", [far.objects.string, odd.string])
        let quoted = "\"\(near.path.string)/a:\\\"b\\\\\\t\\303\\251\""
        try write(quoted + "\n", to: list(of: near))
        #expect(try near.reader().contains(id))
        removeTree(list(of: near))
        func reader(_ value: String) -> FilesObjectStore {
            FilesObjectStore(objectDirectory: near.objects, algorithm: .sha1, alternates: value.utf8)
        }
        #expect(try reader("#no:\(quoted):").contains(id))
        #expect(try reader("\(near.objects.string):\(quoted)").contains(id))
        #expect(try !reader("").contains(id))
        // What is not there cannot be searched.
        let error = #expect(throws: ObjectError.self) { try reader("/nonexistent").contains(id) }
        #expect(error?.cause.contains("/nonexistent does not exist; check .git/objects/info/alternates") == true)
    }

    @Test func newPacksAreSeenAndOldOnesMayVanish() throws {
        let repository = try SampleRepository(.sha1, commits: 20)
        let reader = repository.reader()
        let first = try repository.list()
        for object in first { #expect(try reader.header(of: object.id) == object.header) }
        try repository.git("repack", "-adq")
        for object in first { #expect(try reader.header(of: object.id) == object.header) }
        let hex = try repository.git("commit-tree", "-m", "more", "main^{tree}")
        let more = try #require(ObjectID(hex: hex))
        #expect(try reader.kind(of: more) == .commit)
        try repository.git("update-ref", "refs/heads/more", hex)
        // Not opened yet by a second reader that has listed them: gone when it asks.
        let late = repository.reader()
        #expect(try !late.contains(.zero(.sha1)))
        try repository.git("repack", "-adfq")
        for object in try repository.list() {
            #expect(try late.header(of: object.id) == object.header)
            #expect(try reader.header(of: object.id) == object.header)
        }
    }

    /// Lookups of every object while git repacks again and again: none is ever absent.
    @Test func nothingIsMissedWhileGitRepacks() async throws {
        let repository = try SampleRepository(.sha1, commits: 30)
        let objects = try repository.list()
        let reader = repository.reader()
        let end = Flag()
        try await withThrowingTaskGroup(of: Int.self) { group in
            group.addTask {
                defer { end.raised.store(true, ordering: .releasing) }
                for round in 0..<8 {
                    try repository.git("commit-tree", "-m", "round \(round)", "main^{tree}")
                    try repository.git("repack", "-adfq", "--window=\(round + 2)")
                }
                return 1
            }
            group.addTask {
                var looks = 0
                repeat {
                    let fresh = repository.reader()
                    for object in objects {
                        try #require(try reader.header(of: object.id) == object.header)
                        try #require(try fresh.header(of: object.id) == object.header)
                        looks += 1
                    }
                } while !end.raised.load(ordering: .acquiring)
                return looks
            }
            for try await looks in group { #expect(looks > 0) }
        }
    }

    private final class Flag: Sendable {
        let raised = Atomic(false)
    }

    @Test func theEmptyTreeIsEverywhere() throws {
        for algorithm in HashAlgorithm.allCases {
            let repository = try SampleRepository(algorithm, commits: 2)
            let hex = try repository.git("hash-object", "-t", "tree", "/dev/null")
            let id = try #require(ObjectID(hex: hex))
            let reader = repository.reader()
            #expect(try reader.header(of: id) == ObjectHeader(kind: .tree, size: 0))
            #expect(try reader.read(id)?.bytes == [])
            #expect(try reader.contains(id))
            #expect(try repository.resolve([hex]) == [hex])
        }
    }

    @Test func hintsDecideBetweenObjectsOfDifferentKinds() throws {
        let repository = try SampleRepository(.sha1, commits: 300)
        let reader = repository.reader()
        let objects = try repository.list()
        let groups = Dictionary(grouping: objects) { String($0.id.hex.prefix(4)) }
        var found = 0
        // Some pairs among a thousand objects share four digits.
        for (prefix, group) in groups where group.count > 1 {
            let digits = Array(prefix.utf8)
            for (suffix, hint) in [("^{commit}", AbbreviationHint.committish), ("^{tree}", .treeish)] {
                let answer = try repository.resolve([prefix + suffix])[0]
                let mine = try reader.resolveAbbreviation(digits.span, hint: hint)
                if case .unique(let id) = mine {
                    let revision = try Revision((prefix + suffix).utf8)
                    #expect(revision.hint == hint)
                    #expect(try revision.resolve(id, in: reader)?.hex == answer)
                } else {
                    #expect(mine != .none)
                    #expect(answer == "ambiguous" || answer == "missing")
                }
                found += 1
            }
            let unhinted = try reader.resolveAbbreviation(digits.span)
            guard case .ambiguous(let ids) = unhinted else {
                Issue.record("\(prefix) is not ambiguous")
                continue
            }
            let listed = try repository.git("rev-parse", "--disambiguate=\(prefix)").split(separator: "\n")
            #expect(Set(ids.map(\.hex)) == Set(listed.map(String.init)))
        }
        #expect(found > 0)
    }
}
