import StrataIO
import StrataModel
import StrataRefs
import SystemPackage
import TestSupport
import Testing

@testable import StrataRepository

/// Making a repository fails at every call: what is left opens, or is none and can be initialised again.
@Suite struct InitFaultTests {
    private static func request(_ directory: FilePath, _ storage: ReferenceStorage) -> InitRequest {
        var request = InitRequest(at: directory, bare: true, referenceStorage: storage)
        request.initialBranch = Array("main".utf8)
        request.template = directory.removingLastComponent().appending("template")
        request.durability = .full
        return request
    }

    private static func environment(_ directory: FilePath) throws -> RepositoryEnvironment {
        try RepositoryEnvironment(variables: ["GIT_CONFIG_NOSYSTEM": "1"], currentDirectory: directory)
    }

    /// What HEAD names in the repository at `directory`; nil where there is none.
    private static func branch(_ directory: FilePath, _ environment: RepositoryEnvironment) throws -> String? {
        var environment = environment
        environment.set("GIT_DIR", to: pathBytes(directory))
        do throws(RepositoryError) {
            let repository = try Repository(environment: environment)
            return try? repository.refs.snapshot().read(.head)?.target.map { String(decoding: $0, as: UTF8.self) }
        } catch {
            guard error.code == .notARepository else { throw error }
            return nil
        }
    }

    @Test(arguments: [ReferenceStorage(format: .files), ReferenceStorage(format: .lmdb)])
    func everyCallFails(_ storage: ReferenceStorage) throws {
        let scratch = try TemporaryDirectory()
        let environment = try Self.environment(scratch.path)
        let request = { (name: String) in Self.request(scratch.appending(name), storage) }
        try Disk.makeDirectories(scratch.appending("template/info"))
        try Disk.replace(scratch.appending("template/info/exclude"), with: Array("x\n".utf8), durability: .none)
        let whole = try DiskFaults.with(.init(under: scratch.appending("whole"))) { session in
            try Repository.initialize(request("whole"), environment: environment)
            return session.count
        }
        #expect(whole > 15)
        for number in 1...whole {
            let directory = scratch.appending("r\(number)")
            let plan = DiskFaults.Plan(under: directory, at: number, .fail(.noSpace), persistent: true)
            var hasFailed = false
            DiskFaults.with(plan) { _ in
                do throws(RepositoryError) {
                    try Repository.initialize(request("r\(number)"), environment: environment)
                } catch {
                    hasFailed = true
                }
            }
            let left = try Self.branch(directory, environment)
            #expect(left == nil || left == "refs/heads/main", "call \(number)")
            // Trying whether links and modes are kept is no failure.
            if !hasFailed { #expect(left != nil, "call \(number)") }
            _ = try? Disk.unlinkIfPresent(directory.appending("config.lock"))
            let again = try Repository.initialize(request("r\(number)"), environment: environment)
            #expect(again.isReinitialized == (left != nil))
            #expect(try Self.branch(directory, environment) == "refs/heads/main")
        }
    }

    /// A call that was killed while LMDB made its files.
    @Test(arguments: [[], ["data.mdb"], ["lock.mdb"], ["data.mdb", "lock.mdb"]])
    func halfMadeDatabase(_ files: [String]) throws {
        let scratch = try TemporaryDirectory()
        let environment = try Self.environment(scratch.path)
        let directory = scratch.appending("r")
        try Disk.makeDirectories(directory.appending("lmdb"))
        for file in files { try Disk.replace(directory.appending("lmdb/\(file)"), with: [], durability: .none) }
        try Disk.makeDirectories(scratch.appending("template"))
        try Repository.initialize(Self.request(directory, ReferenceStorage(format: .lmdb)), environment: environment)
        #expect(try Self.branch(directory, environment) == "refs/heads/main")
    }
}
