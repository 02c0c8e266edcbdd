import StrataModel
import StrataRepository
import SystemPackage
import TestSupport
import Testing

/// The committer and the time, as git writes them into a reflog.
@Suite struct IdentityTests {
    /// The identity in the last line of a reflog that git has just written, or git's message.
    private func gitIdentity(_ variables: Variables, _ options: [String], _ repository: FilePath, _ object: String)
        throws -> (text: String?, result: CommandResult)
    {
        let log = repository.appending("logs/refs/heads/x")
        _ = try run("rm", ["-rf", log.string, repository.appending("refs/heads/x").string])
        let result = try variables.runGit(
            options + ["update-ref", "--create-reflog", "-m", "m", "refs/heads/x", object], in: repository)
        guard result.status == 0 else { return (nil, result) }
        let line = try run("cat", [log.string]).outText
        let identity = line.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false).last ?? ""
        return (String(identity.prefix { $0 != "\t" && $0 != "\n" }), result)
    }

    private func setUp() throws -> (TemporaryDirectory, Variables, FilePath, String) {
        let directory = try TemporaryDirectory()
        // The children's time zone is this process's.
        let variables = Variables(home: directory.path, processEnvironment().filter { $0.key == "TZ" })
        _ = try variables.runGit(["init", "-q", "--bare", "repo"], in: directory.path)
        let repository = directory.appending("repo")
        var named = variables
        named.values.merge([
            "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a",
        ]) { $1 }
        let tree = try named.runGit(["hash-object", "-t", "tree", "-w", "--stdin"], in: repository).lines[0]
        let commit = try named.runGit(["commit-tree", "-m", "x", tree], in: repository).lines[0]
        return (directory, variables, repository, commit)
    }

    @Test func namesAreFoundAsInGit() throws {
        let (directory, base, repository, object) = try setUp()
        let fixed = ["GIT_COMMITTER_DATE": "@1700000000 +0100"]
        let cases: [([String: String], [String])] = [
            ([:], []), (["GIT_COMMITTER_NAME": "N", "GIT_COMMITTER_EMAIL": "e@x"], []),
            (["GIT_COMMITTER_NAME": "", "GIT_COMMITTER_EMAIL": ""], []),
            (["EMAIL": " env@x "], []),
            (["GIT_COMMITTER_NAME": " <N>\n, O' \"", "GIT_COMMITTER_EMAIL": "<e@x>;"], []),
            ([:], ["-c", "user.name=U", "-c", "user.email=u@x"]),
            ([:], ["-c", "user.name=U", "-c", "committer.name=C", "-c", "committer.email=c@x"]),
            ([:], ["-c", "user.name=", "-c", "user.email="]),
            ([:], ["-c", "committer.name=", "-c", "committer.email=", "-c", "user.name=U", "-c", "user.email=u@x"]),
            ([:], ["-c", "author.name=A", "-c", "author.email=a@x"]), (["EMAIL": "env@x"], ["-c", "author.email=a@x"]),
            ([:], ["-c", "user.name=\"'"]),
            ([:], ["-c", "user.name"]), ([:], ["-c", "user.useConfigOnly=true"]),
            (["GIT_COMMITTER_NAME": "Zoë \u{1}x\u{7f}"], []),
        ]
        for (more, options) in cases {
            var variables = base
            variables.values.merge(fixed) { $1 }
            variables.values.merge(more) { $1 }
            let git = try gitIdentity(variables, options, repository, object)
            let ours = outcome { () throws(RepositoryError) -> String in
                var environment = try variables.library(repository)
                environment.commandLineConfig = zip(options, options.dropFirst()).filter { $0.0 == "-c" }.map {
                    Array($0.1.utf8)
                }
                let location = try RepositoryLocation.discover(environment: environment)
                let config = try Config.read(location: location, environment: environment)
                return try CommitterIdentity(config, environment: environment).signature().description
            }
            switch ours {
            case .success(let text): #expect(text == git.text, "\(more) \(options): \(git.result.errText)")
            case .failure(let error): #expect(fatalMessage(git.result) == error.description, "\(more) \(options)")
            }
        }
        _ = directory
    }

    @Test(.enabled(if: gitVersion >= 250, "dates are those of git 2.50")) func datesAreReadAsInGit() throws {
        let (directory, base, repository, object) = try setUp()
        let understood = [
            "@0 +0000", "@5 -0130", "@1700000000 +0545", "@1700000000 -0000", "@99999999999999 +0000",
            "@1700000000 +9999", "1700000000 +0100", "1700000000 +05:30",
            "1700000000 -02", "1700000000 +0000", "2005-04-07T22:13:13", "2005-04-07T22:13:13Z",
            "2005-04-07 22:13:13 +0200", "2005-04-07T22:13:13.123+02:00", "2005-04-07T22:13-07",
            "2005/04/07 22:13:13 +0000", "2005.04.07 22:13:13 +0000", "20050407T221313", "20050407T2213+0100",
            "20050407T22", "2005-04-07T24:00:00Z", "2005-04-07 22:13:60 +0000",
            "04/07/2005 22:13:13 +0000", "07.04.2005 22:13:13 +0000", "13/04/2005 1:02:03 +0000",
            "Thu, 07 Apr 2005 22:13:13 +0200", "Thu Apr 7 22:13:13 2005 +0200", "7 Apr 2005 22:13 GMT",
            "Thu, 7 Apr 05 22:13:13 +0000", "2004-02-29 00:00:00 +0000", "2005-02-31 00:00:00 +0000",
            "2099-12-31 23:59:59 +0000", "1970-01-01 00:00:00 +0000", "April 7 2005 22:13:13 UTC",
            " 2005-04-07 22:13:13 +0000 ",
            "2005-04-07 22:13:13 +0000\nrest", "@1700000000", "1700000000",
        ]
        let refused = [
            "", "x", "2005-04-07", "22:13:13", "2005-04-07 25:00:00", "2005-13-40 10:00:00",
            "1969-12-31 23:59:59 +0000", "2100-01-01 00:00:00 +0000", "1970-01-01 00:00:00 +0200", "@", "@x +0000",
            "0 +0000", "-5 +0000", "Apr", "99999999999999999999999",
        ]
        var count = 0
        for date in understood + refused {
            var variables = base
            variables.values["GIT_COMMITTER_NAME"] = "N"
            variables.values["GIT_COMMITTER_EMAIL"] = "e"
            variables.values["GIT_COMMITTER_DATE"] = date
            let git = try gitIdentity(variables, [], repository, object)
            guard let moment = DateFormat.parse(Array(date.utf8)) else {
                #expect(!understood.contains(date), "\(date) is not understood, git says \(git.text ?? "")")
                continue
            }
            var time: [UInt8] = []
            Signature.appendTime(seconds: moment.seconds, offsetMinutes: moment.offsetMinutes, to: &time)
            // A zone of five digits breaks the reflog line: git itself takes the last for the beginning of the message.
            let text = git.text?.replacing("+10039", with: "+9999")
            #expect(text == "N <e> " + String(decoding: time, as: UTF8.self), "\(date) \(git.result.errText)")
            count += 1
        }
        #expect(count >= understood.count)
        // What is refused is refused in git's words, where git refuses it too.
        let environment = try RepositoryEnvironment(
            variables: ["GIT_COMMITTER_DATE": "x"], currentDirectory: directory.path)
        #expect(
            outcome { () throws(RepositoryError) in
                try CommitterIdentity(Config(), environment: environment).signature()
            }.failureMessage == "invalid date format: x")
    }

    @Test func randomDatesNeverTrap() {
        var random = SplitMix64(seed: 5)
        let parts = [
            "2005", "-", "/", ".", ":", "T", "Z", " ", "+", "@", "04", "7", "99999999999", "Apr", "Thu", "0",
            "1700000000", "\u{0}", "é",
        ]
        for _ in 0..<20_000 {
            let text = (0..<Int.random(in: 0...8, using: &random)).map { _ in parts.randomElement(using: &random) ?? ""
            }.joined()
            _ = DateFormat.parse(Array(text.utf8))
            _ = ExpiryTime.parse(Array(text.utf8), now: 1_700_000_000)
        }
    }
}
