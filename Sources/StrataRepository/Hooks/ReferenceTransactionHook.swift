import Glibc
public import StrataModel
public import StrataRefs
public import SystemPackage

/// Git's `reference-transaction` hook (githooks): a program that is told of every transaction, and may stop it.
///
/// It is started once a phase with the phase as its argument, and reads a line `old SP new SP refname LF` for each update: ids in
/// full, `ref:<name>` for symbolic references, zeros where nothing was expected or nothing is written.
public struct ReferenceTransactionHook: RefTransactionObserver {
    /// The hook's file.
    public let program: FilePath
    /// Where it runs: the top of the work tree, or the git directory of a bare repository.
    public let workingDirectory: FilePath
    /// `NAME=value` for each variable that it sees beside those of this process.
    public let environment: [String]
    private let zero: String

    /// The hook at `program`, or nil when there is no such file or it cannot be run.
    public init?(
        program: FilePath, workingDirectory: FilePath, environment: [String], hashAlgorithm: HashAlgorithm
    ) {
        guard unsafe program.withPlatformString({ unsafe access($0, X_OK) }) == 0 else { return nil }
        self.program = program
        self.workingDirectory = workingDirectory
        self.environment = environment
        zero = ObjectID.zero(hashAlgorithm).hex
    }

    public func transaction(is phase: RefTransactionPhase, _ updates: [ObservedRefUpdate]) throws(RefError) {
        var input: [UInt8] = []
        for update in updates {
            input.append(contentsOf: text(update.old))
            input.append(UInt8(ascii: " "))
            input.append(contentsOf: text(update.new))
            input.append(UInt8(ascii: " "))
            input.append(contentsOf: update.name.bytes)
            input.append(UInt8(ascii: "\n"))
        }
        let status: Int32
        do throws(Errno) {
            status = try ChildProcess.run(
                program, arguments: [phase.rawValue], environment: environment, directory: workingDirectory,
                input: input)
        } catch {
            throw RefError(
                .unavailable, "cannot run the reference-transaction hook: \(error)", path: program.string, cause: error)
        }
        if status != 0 {
            throw RefError(
                .refused, "in '\(phase.rawValue)' phase, update aborted by the reference-transaction hook",
                path: program.string)
        }
    }

    private func text(_ target: RefTarget?) -> [UInt8] {
        switch target {
        case nil: Array(zero.utf8)
        case .object(let id): Array(id.hex.utf8)
        case .symbolic(let name): Array("ref:".utf8) + name.bytes
        }
    }
}
