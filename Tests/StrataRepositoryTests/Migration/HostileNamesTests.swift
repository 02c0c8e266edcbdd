import StrataIO
import StrataModel
import StrataRefs
import SystemPackage
import TestSupport
import Testing

@testable import StrataLMDB
@testable import StrataRepository

/// A database that holds names which would lead out of the directory of references: nothing is written elsewhere, and the references stay where they
/// are.
@Suite struct HostileNamesTests {
    private static let names: [[UInt8]] = [
        "../evil", "refs/../../evil", "refs/heads/../../../evil", "/tmp/evil", "refs//evil", "refs/heads/",
        "refs/./evil",
        "..", ".", "refs/heads/a\0b",
    ].map { Array($0.utf8) }

    @Test(arguments: names) func staysInside(_ bytes: [UInt8]) throws {
        let scratch = try TemporaryDirectory()
        let (root, common) = (scratch.appending("r"), scratch.appending("r/.git"))
        try makeMigrationSeed(in: scratch.path)
        _ = try MigrationState.open(root).migrateReferences(RefMigrationRequest(to: .lmdb))
        let repository = try MigrationState.open(root)
        let database = try #require(repository.database)
        let id = try #require(try repository.refs.snapshot().read(RefName("refs/heads/main"))?.objectID)
        let store = LMDBRefStore(database)
        try database.write(.none, until: .after(milliseconds: 1000)) { writer throws(RefError) in
            let refs = LMDBRefWriter(writer, store)
            try refs.carry(RefName(unchecked: bytes), .object(id, peeled: nil), [], log: nil)
        }
        let listing = { try output("find", [scratch.path.string, "-name", "*evil*"]) }
        let before = try listing()
        let error = #expect(throws: RefError.self) {
            try repository.migrateReferences(RefMigrationRequest(to: .files))
        }
        #expect(error?.code == .corrupt && error?.path != nil)
        #expect(try listing() == before)
        let state = try MigrationState.open(root)
        #expect(state.database != nil)
        #expect(try state.refs.snapshot().read(RefName("refs/heads/main"))?.objectID == id)
        // Who takes the name away can move.
        try database.write(.none, until: .after(milliseconds: 1000)) { writer throws(RefError) in
            try LMDBRefWriter(writer, store).remove(RefName(unchecked: bytes))
        }
        _ = try repository.migrateReferences(RefMigrationRequest(to: .files))
        #expect(try MigrationState(common).storage == .files)
        #expect(try git(["rev-parse", "main"], in: root).hasPrefix("\(id)"))
    }
}
