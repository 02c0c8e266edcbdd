import StrataIO
import StrataModel
import StrataRefs
import SystemPackage
import TestSupport
import Testing

@testable import StrataFiles

/// One line of `packed-refs` is damaged, anywhere: what lists or rewrites the file says so, as git does, and changes nothing.
@Suite struct PackedDamagedLineTests {
    private enum Damage: CaseIterable { case shortened, noID, strayPeel }

    @Test(arguments: [0, 1, 2, 3, 4])
    func listingAndRewritingFail(_ line: Int) throws {
        for damage in Damage.allCases {
            let repository = try LooseRepository()
            for name in ["a", "b", "c", "d"] { try repository.git("branch", name) }
            try repository.git("pack-refs", "--all")
            try repository.git("update-ref", "refs/heads/b", repository.first.hex)
            var lines = try #require(try repository.text("packed-refs")).split(separator: "\n").map(String.init)
            switch damage {
            case .shortened: lines[line + 1].removeFirst(20)
            case .noID: lines[line + 1] = "x" + lines[line + 1].dropFirst()
            case .strayPeel: lines.insert("^1234", at: line + 2)
            }
            let bytes = lines.joined(separator: "\n") + "\n"
            try repository.write("packed-refs", bytes)
            #expect(try repository.tryGit("for-each-ref") == nil)

            let locks = LockSpace(directory: repository.path("strata"))
            let store = FilesRefStore(
                loose: repository.store(),
                packed: PackedRefStore(repository.path("packed-refs"), hashAlgorithm: .sha1, locks: locks))
            for scope in [RefScope.refs, .all] {
                #expect(throws: RefError.self, "\(damage) in line \(line)") {
                    var cursor = try store.snapshot().cursor(over: scope)
                    while try cursor.next() != nil {}
                }
            }
            #expect(throws: RefError.self, "\(damage) in line \(line)") {
                try store.packRefs(.all, objects: EveryObject())
            }
            let last = RefName.known(line == 3 ? "refs/heads/a" : "refs/heads/d")
            #expect(throws: RefError.self, "\(damage) in line \(line)") {
                try store.commit(RefTransaction([.delete(last)]), LooseRepository.context)
            }
            #expect(try repository.text("packed-refs") == bytes)
            #expect(try repository.text("refs/heads/b") == repository.first.hex + "\n")
            #expect(!repository.exists("packed-refs.lock"))
        }
    }

    /// Takes every id for a commit's.
    private struct EveryObject: ObjectLookup {
        let algorithm = HashAlgorithm.sha1
        func contains(_ id: ObjectID) throws(ObjectError) -> Bool { true }
        func header(of id: ObjectID) throws(ObjectError) -> ObjectHeader? { ObjectHeader(kind: .commit, size: 0) }
        func tagTarget(of id: ObjectID) throws(ObjectError) -> TypedObjectID? { nil }
        func peel(_ id: ObjectID, verifyingTarget: Bool) throws(ObjectError) -> TypedObjectID? {
            TypedObjectID(id: id, kind: .commit)
        }
    }
}
