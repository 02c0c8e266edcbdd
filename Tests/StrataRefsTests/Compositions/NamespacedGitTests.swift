import RefStoreChecks
import StrataFiles
import StrataIO
import StrataModel
import StrataRefs
import SystemPackage
import TestSupport
import Testing

/// Namespaces beside git, which shows them to those who fetch.
@Suite struct NamespacedGitTests {
    /// What `git --namespace=<path> upload-pack` offers: ids by name, and where `HEAD` leads.
    static func offered(_ namespace: String, in directory: FilePath) throws -> (refs: [String: String], head: String?) {
        let result = try run(
            gitPath, ["--namespace=\(namespace)", "upload-pack", "--http-backend-info-refs", "."],
            environment: gitEnvironment, directory: directory)
        guard result.status == 0 else { throw CommandFailure(command: "upload-pack", result: result) }
        var (refs, head): ([String: String], String?) = ([:], nil)
        for line in result.out.split(separator: UInt8(ascii: "\n")) {
            let parts = line.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
            // The first line ends in what the server can do; each begins with its length.
            for capability in parts.dropFirst().flatMap({ $0.split(separator: " ") })
            where capability.hasPrefix("symref=HEAD:") { head = String(capability.dropFirst(12)) }
            let words = (parts.first ?? "").drop { $0 == "0" && parts[0].hasPrefix("0000") }.split(separator: " ")
            if words.count == 2 { refs[String(words[1])] = String(words[0].suffix(40)) }
        }
        return (refs, head)
    }

    @Test(arguments: ["a", "a/b", "a//b"])
    func whatOneWritesTheOtherShows(_ path: String) throws {
        let oracle = try GitOracle()
        let directory = oracle.directory.path
        let locks = LockSpace(directory: directory.appending("strata"))
        let files = FilesRefStore(
            loose: LooseRefStore(directory: directory, hashAlgorithm: .sha1, locks: locks),
            packed: PackedRefStore(directory.appending("packed-refs"), hashAlgorithm: .sha1, locks: locks))
        let store = NamespacedRefStore(try RefNamespace(path), of: files)
        let (one, two) = (oracle.commits[0], oracle.commits[1])
        try files.commit(RefTransaction([.create("refs/heads/outside", at: two)]))
        try store.commit(
            RefTransaction([
                .symbolic(.head, to: "refs/heads/main"), .create("refs/heads/main", at: one),
                .create("refs/heads/x/y", at: two), .create("refs/tags/t", at: one),
                .create("refs/namespaces/c/refs/heads/z", at: two),
            ]))
        try store.commit(RefTransaction([.update(.head, to: two)]))

        func compare() throws {
            let theirs = try Self.offered(path, in: directory)
            var ours: [String: String] = [:]
            let snapshot = try store.snapshot()
            var cursor = try snapshot.cursor(over: .all)
            while let view = try cursor.next() {
                ours["\(view.refName)"] = try snapshot.objectID(of: view.refName)?.hex
            }
            #expect(ours == theirs.refs && ours.count > 3)
            #expect(theirs.head.map { Array($0.utf8) } == (try snapshot.read(.head)?.target))
        }
        try compare()
        // The files are git's: full names, also of the target of HEAD.
        let prefix = String(decoding: store.namespace.prefix, as: UTF8.self)
        #expect(try TestSupport.git(["symbolic-ref", prefix + "HEAD"], in: directory) == prefix + "refs/heads/main")
        try TestSupport.git(["pack-refs", "--all"], in: directory)
        try TestSupport.git(["update-ref", prefix + "refs/heads/main", one.hex], in: directory)
        try TestSupport.git(["update-ref", "-d", prefix + "refs/heads/x/y"], in: directory)
        #expect(try store.snapshot().objectID(of: .head) == one)
        #expect(try store.snapshot().read("refs/heads/x/y") == nil)
        try TestSupport.git(["update-ref", prefix + "refs/heads/w", two.hex], in: directory)
        try compare()
    }
}
