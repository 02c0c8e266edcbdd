import StrataModel
import StrataObjects
import StrataRepository

/// `show-index`: what a pack's index says, which comes as a stream.
extension Verb {
    static let showIndex = Verb(
        name: "show-index", summary: "Show packed archive index", usage: { ShowIndex.options.usage(full: false) },
        run: ShowIndex.run)
}

enum ShowIndex {
    struct Values {
        var format: Bytes?
    }

    static let options = OptionTable<Values>(
        synopsis: ["strata show-index [--object-format=<hash-algorithm>] < <pack-idx-file>"],
        options: [
            .string(nil, "object-format", "hash-algorithm", "specify the hash algorithm to use") { $0.format = $1 }
        ])

    @Sendable
    static func run(_ call: VerbCall) throws(CommandExit) -> ExitStatus {
        var values = Values()
        _ = try call.parse(options, &values)
        let errors = call.console.errors
        let repository = try RepositoryOpener.repositoryIfAny(call.invocation, errors)
        var algorithm = repository?.hashAlgorithm
        if let format = values.format {
            algorithm = HashAlgorithm.allCases.first { format.elementsEqual($0.name.utf8) }
            if algorithm == nil { throw .fatal("Unknown hash algorithm") }
        }
        if algorithm == nil { errors.warning(Bytes("assuming SHA-1; use --object-format to override")) }
        let output = call.console.output
        do throws(ObjectError) {
            try PackIndexListing(call.console.input.source, algorithm: algorithm ?? .sha1).visit { row in
                output.append { bytes in
                    bytes += Bytes("\(row.offset) ")
                    row.id.appendHex(to: &bytes)
                    if let crc = row.crc {
                        let digits = String(crc, radix: 16)
                        bytes += Bytes(" (" + String(repeating: "0", count: 8 - digits.utf8.count) + digits + ")")
                    }
                    bytes.append(0x0a)
                }
            }
            return .success
        } catch {
            throw .fatal(error.cause)
        }
    }
}
