import StrataIO
import StrataLMDB
import StrataModel
import StrataRefs
import SystemPackage
import TestSupport
import Testing

/// What an environment says when it is opened.
@Suite struct OpeningTests {
    static func options(_ algorithm: HashAlgorithm = .sha1, creates: Bool = false) -> LMDBOptions {
        var options = LMDBOptions(hashAlgorithm: algorithm)
        options.creates = creates
        return options
    }

    private func failure(_ directory: FilePath, _ options: LMDBOptions = options()) -> LMDBFailure? {
        do throws(RefError) {
            _ = try LMDBEnvironment.open(directory, options)
            return nil
        } catch {
            #expect(error.path == directory.string)
            return error.cause as? LMDBFailure
        }
    }

    @Test func thereIsOneEnvironmentForADirectory() throws {
        let directory = try TemporaryDirectory()
        let first = try LMDBEnvironment.open(directory.path, Self.options(creates: true))
        let second = try LMDBEnvironment.open(
            directory.path.appending("../\(directory.path.lastComponent!)"), Self.options())
        #expect(first === second)
    }

    @Test func whatIsNotThereIsAbsent() throws {
        let directory = try TemporaryDirectory()
        #expect(failure(directory.path) == .absent)
        #expect(failure(directory.appending("none")) == .absent)
    }

    @Test func anotherHashFunctionIsRefused() throws {
        let directory = try TemporaryDirectory()
        do { _ = try LMDBEnvironment.open(directory.path, Self.options(creates: true)) }
        #expect(failure(directory.path, Self.options(.sha256)) == .wrongHash(found: .sha1))
        let open = try LMDBEnvironment.open(directory.path, Self.options())
        #expect(failure(directory.path, Self.options(.sha256)) == .wrongHash(found: .sha1))
        withExtendedLifetime(open) {}
    }
}
