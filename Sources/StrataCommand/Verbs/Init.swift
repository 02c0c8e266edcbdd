import StrataIO
import StrataModel
import StrataRepository
import SystemPackage

/// `init`: makes a repository, or completes one that is there.
extension Verb {
    static let initialize = Verb(
        name: "init", summary: "Create an empty repository, its references in files or in a database",
        usage: { Init.options.usage(full: false) }, run: Init.run)
}

enum Init {
    struct Values {
        var template: Bytes?
        /// nil = neither `--bare` nor `--no-bare`.
        var isBare: Bool?
        var isShared = false
        var permissions: Bytes?
        var isQuiet = false
        var separateDirectory: Bytes?
        var initialBranch: Bytes?
        var objectFormat: Bytes?
        var refFormat: Bytes?
    }

    static let options = OptionTable<Values>(
        synopsis: [
            """
            strata init [-q | --quiet] [--bare] [--template=<template-directory>]
                     [--separate-git-dir <git-dir>] [--object-format=<format>]
                     [--ref-format=<format>]
                     [-b <branch-name> | --initial-branch=<branch-name>]
                     [--shared[=<permissions>]] [<directory>]
            """
        ],
        options: [
            .string(nil, "template", "template-directory", "directory from which templates will be used") {
                $0.template = $1
            },
            .flag(nil, "bare", "create a bare repository") { $0.isBare = $1 },
            CommandOption(
                nil, "shared", .optional("permissions"),
                "specify that the git repository is to be shared amongst several users", .noNegation
            ) { values, use throws(OptionRefusal) in
                values.isShared = true
                if case .value(let text) = use.value { values.permissions = text } else { values.permissions = nil }
            },
            .flag("q", "quiet", "be quiet") { $0.isQuiet = $1 },
            .string(nil, "separate-git-dir", "gitdir", "separate git dir from working tree") {
                $0.separateDirectory = $1
            },
            .string("b", "initial-branch", "name", "override the name of the initial branch") {
                $0.initialBranch = $1
            },
            .string(nil, "object-format", "hash", "specify the hash algorithm to use") { $0.objectFormat = $1 },
            .string(nil, "ref-format", "format", "specify the reference format to use") { $0.refFormat = $1 },
        ])

    @Sendable
    static func run(_ call: VerbCall) throws(CommandExit) -> ExitStatus {
        var values = Values()
        let operands = try call.parse(options, &values)
        if values.separateDirectory != nil { throw .unsupported("--separate-git-dir") }
        let errors = call.console.errors
        let environment: RepositoryEnvironment
        do throws(RepositoryError) { environment = try call.invocation.environment() } catch {
            throw CommandExit(error)
        }
        let request = try request(values, operands, call.invocation, environment)
        do throws(RepositoryError) {
            let made = try Repository.initialize(request, environment: environment) { tell($0, errors) }
            if !values.isQuiet { call.console.output.append(sentence(made)) }
            return .success
        } catch {
            if error.code == .cannotMakeDirectory {
                throw CommandExit(status: .failure, message: Diagnostic.line("", error.message))
            }
            throw CommandExit(error)
        }
    }

    private static func request(
        _ values: Values, _ operands: [Bytes], _ invocation: Invocation, _ environment: RepositoryEnvironment
    ) throws(CommandExit) -> InitRequest {
        guard operands.count <= 1 else {
            let text = OptionTable<Values>(synopsis: options.synopsis, options: []).usage(full: false)
            throw CommandExit(status: .usage, message: Bytes(text.dropLast()))
        }
        var request = InitRequest(
            at: operands.first.map { FilePath(bytes: $0) }, bare: values.isBare ?? (invocation.bare ? true : nil))
        do throws(RepositoryError) {
            if values.isShared { request.sharing = try FileSharing(option: values.permissions) }
        } catch {
            throw CommandExit(error)
        }
        if let name = values.objectFormat {
            request.hashAlgorithm = HashAlgorithm.allCases.first { $0.name.utf8.elementsEqual(name) }
            guard request.hashAlgorithm != nil else {
                throw .fatal(Bytes("unknown hash algorithm '") + name + Bytes("'"))
            }
        }
        if let format = values.refFormat {
            request.referenceStorage = ReferenceStorage(new: format)
            guard request.referenceStorage != nil else {
                throw .fatal(Bytes("unknown ref storage format '") + format + Bytes("'"))
            }
        }
        request.template = values.template.map { template in
            let path = FilePath(bytes: template)
            return path.isEmpty ? path : FilePath(bytes: environment.currentDirectory).pushing(path)
        }
        request.initialBranch = values.initialBranch
        request.isQuiet = values.isQuiet
        return request
    }

    private static func tell(_ notice: InitNotice, _ errors: ErrorStream) {
        switch notice {
        case .warning(let message): errors.warning(message)
        case .error(let message): errors.error(message)
        case .hint(let lines):
            for line in lines { errors.write(Bytes(line.isEmpty ? "hint:" : "hint: ") + line + [0x0a]) }
        }
    }

    private static func sentence(_ made: InitResult) -> Bytes {
        let path = made.gitDirectory.bytes
        let state = made.isReinitialized ? "Reinitialized existing" : "Initialized empty"
        return Bytes("\(state)\(made.isShared ? " shared" : "") Git repository in ") + path
            + Bytes(path.last == UInt8(ascii: "/") ? "\n" : "/\n")
    }
}
