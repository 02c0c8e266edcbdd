import StrataLMDB
import StrataModel
import StrataRepository

/// `store check`: whether all that the references are in can be read, and is as it should be.
enum StoreCheck {
    struct Values {
        var showsProgress: Bool?
    }

    static let options = OptionTable<Values>(
        synopsis: ["strata store check [--[no-]progress]"],
        options: [.flag(nil, "progress", "show progress") { $0.showsProgress = $1 }])

    /// Each finding is a line of standard error, `error: …` or `warning: …`; at the end standard output says what was looked at.
    static func run(_ call: VerbCall) throws(CommandExit) -> ExitStatus {
        var values = Values()
        let operands = try call.parse(options, &values)
        guard operands.isEmpty else { throw options.misuse() }
        let errors = call.console.errors
        let progress = Progress("Checking references", errors, isWanted: values.showsProgress)
        let check: ReferenceCheck
        do throws(RepositoryError) {
            check = try ReferenceCheck(environment: try call.invocation.environment()) { done, all in
                progress.show(Int(clamping: done), of: all.map { Int(clamping: $0) })
            }
        } catch {
            throw CommandExit(error)
        }
        progress.finish(check.references)
        for finding in check.findings {
            if finding.isError { errors.error(Bytes(finding.message)) } else { errors.warning(Bytes(finding.message)) }
        }
        if check.omittedFindings > 0 { errors.warning(Bytes("\(check.omittedFindings) more findings are not shown")) }
        call.console.output.append("\(summary(of: check))\n")
        return check.errorCount == 0 ? .success : .failure
    }

    private static func summary(of check: ReferenceCheck) -> String {
        let what = "checked \(counted(check.references, "reference")), \(counted(check.reflogs, "reflog"))"
        guard let database = check.database else { return what }
        let pages = "\(database.usedPages) pages in use, \(database.freePages) free"
        return "\(what), \(counted(database.reflogLines, "line")); \(pages)"
    }

    private static func counted(_ count: Int, _ what: String) -> String { "\(count) \(what)\(count == 1 ? "" : "s")" }
}
