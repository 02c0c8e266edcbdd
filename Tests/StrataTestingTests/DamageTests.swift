import StrataFiles
import StrataModel
import StrataRefs
import SystemPackage
import Testing

@testable import StrataTesting

/// Loose references with something else in them, alone and over packed ones.
@Suite struct DamageTests {
    @Test(arguments: [false, true]) func aDamagedFileIsNotAbsent(isPacked: Bool) throws {
        let place = try Place()
        var options = RefStoreCheckOptions()
        options.includes = { $0.hasPrefix("damage:") }
        (options.histories, options.concurrentHistories) = (0, 0)
        let report = checkRefStore(
            options,
            sharing: {
                let directory = try place.gitDirectory()
                let store = try filesStore(directory)
                return SharedReferences(
                    [store],
                    damage: { name in
                        if isPacked { try store.packRefs(.all, objects: EveryCommit(algorithm: .sha1)) }
                        try write("no id\n", to: directory.appending(name.description))
                    })
            })
        #expect(report.failures.map(\.description) == [])
        #expect(report.checked.count == 7)
    }

    private func write(_ text: String, to path: FilePath) throws {
        let file = try FileDescriptor.open(
            path, .writeOnly, options: [.create, .truncate], permissions: [.ownerReadWrite])
        try file.closeAfter { _ = try file.writeAll(Array(text.utf8)) }
    }
}
