import Glibc
import StrataIO
import StrataModel
import StrataObjects
import StrataRepository
import Synchronization
import SystemPackage

/// What the verbs that read packs share: their repository, where there is one, what is configured, and how they say what is wrong.
final class PackWork: Sendable {
    let repository: Repository?
    let config: Config
    let errors: ErrorStream
    /// The last error that was told of.
    private let lastProblem = Mutex<Bytes>([])

    init(_ call: VerbCall, needsRepository: Bool = false) throws(CommandExit) {
        errors = call.console.errors
        repository =
            needsRepository
            ? try RepositoryOpener.repository(call.invocation, errors)
            : try RepositoryOpener.repositoryIfAny(call.invocation, errors)
        do throws(RepositoryError) {
            if let repository {
                config = repository.config
            } else {
                config = try Config.read(location: nil, environment: try call.invocation.environment())
            }
        } catch {
            throw CommandExit(error)
        }
        let directory = call.invocation.directory
        // Files are called what the caller calls them.
        if !directory.isEmpty, unsafe directory.withPlatformString({ unsafe chdir($0) }) != 0 {
            throw .fatal("cannot change to '\(directory)': \(Errno(rawValue: errno))")
        }
    }

    var algorithm: HashAlgorithm { repository?.hashAlgorithm ?? .sha1 }

    func limits() throws(CommandExit) -> ReceivingLimits {
        var limits = ReceivingLimits()
        do throws(RepositoryError) {
            limits.bigFileThreshold = Int(clamping: try config.bigFileThreshold())
            limits.objectSize = max(limits.objectSize, limits.bigFileThreshold)
            if let size = try config.int64("core.deltabasecachelimit") { limits.deltaBases = Int(max(size, 0)) }
        } catch {
            throw CommandExit(error)
        }
        return limits
    }

    /// The commits that a shallow repository has without their parents. Git's function: `is_repository_shallow`.
    func shallow() throws(CommandExit) -> Set<ObjectID> {
        guard let repository else { return [] }
        let path = repository.location.commonDirectory.appending("shallow")
        let bytes: Bytes?
        do throws(FileError) { bytes = try readFile(path) } catch {
            throw .fatal("could not read '\(path)': \(error.errno)")
        }
        var ids: Set<ObjectID> = []
        for line in (bytes ?? []).split(separator: 0x0a) {
            let digits = Bytes(line.prefix(algorithm.hexCount))
            guard digits.count == algorithm.hexCount, let id = ObjectID(hex: digits.span) else {
                throw .fatal(Bytes("bad shallow line: ") + Bytes(line))
            }
            ids.insert(id)
        }
        return ids
    }

    /// Says what is wrong with an object.
    func tell(_ problem: ReceivedProblem, _ progress: PackProgress?) {
        progress?.settle()
        guard problem.isError else { return errors.warning(problem.message) }
        lastProblem.withLock { $0 = problem.message }
        errors.error(problem.message)
    }

    /// What the work ends with: git dies, or stops where it has said already what was wrong.
    func exit(_ error: ObjectError, _ progress: PackProgress?) -> CommandExit {
        progress?.settle()
        let cause = Bytes(error.cause)
        if lastProblem.withLock({ $0 == cause }) { return CommandExit(status: .failure) }
        return .fatal(cause)
    }

    /// The beginning of a pack that `--pack_header=<version>,<objects>` gives, because somebody has read it already. Git's function: `parse_pack_header_option`.
    static func header(_ text: Bytes) throws(CommandExit) -> Bytes {
        var bytes = Bytes("PACK")
        var rest = text[...]
        for isLast in [false, true] {
            guard let (number, left) = OptionNumber.leadingInteger(Bytes(rest), base: 10),
                isLast ? left.isEmpty : left.first == UInt8(ascii: ",")
            else { throw .fatal(Bytes("bad --pack_header: ") + text) }
            let word = UInt32(truncatingIfNeeded: number ?? -1)
            for shift in [24, 16, 8, 0] { bytes.append(UInt8(truncatingIfNeeded: word >> UInt32(shift))) }
            rest = left.dropFirst()
        }
        return bytes
    }

    /// A number of bytes as C reads one: what is none is 0, which stands for no limit.
    static func size(_ text: Bytes) -> UInt64? {
        guard let (number, _) = OptionNumber.leadingInteger(text, base: 10) else { return nil }
        guard let number else { return UInt64(Int64.max) }
        return number == 0 ? nil : UInt64(max(number, 0))
    }
}

extension Bytes {
    /// What stands behind `name=`, or nothing where the option is `name` alone; nil where it is another. Git's function: `skip_to_optional_arg`.
    func optionalValue(of name: StaticString) -> Bytes? {
        guard let rest = self[...].removing(name) else { return nil }
        if rest.isEmpty { return [] }
        return rest.first == UInt8(ascii: "=") ? Bytes(rest.dropFirst()) : nil
    }
}
