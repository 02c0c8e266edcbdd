import StrataFiles
import StrataIO
import StrataRefs
import StrataRepository
import SystemPackage
import TestSupport
import Testing

@Suite struct RefSettingsTests {
    private let directory: TemporaryDirectory
    private let variables: Variables

    init() throws {
        directory = try TemporaryDirectory()
        variables = Variables(home: directory.path)
        _ = try variables.runGit(["init", "-q", "repo"], in: directory.path)
        _ = try variables.runGit(["init", "-q", "--bare", "bare"], in: directory.path)
        for name in ["repo", "bare"] {
            _ = try variables.runGit(["config", "--unset", "core.logallrefupdates"], in: directory.appending(name))
        }
    }

    private func settings(_ options: [String], in name: String = "repo") -> Result<RefSettings, RepositoryError> {
        outcome { () throws(RepositoryError) in
            var environment = try variables.library(directory.appending(name))
            environment.commandLineConfig = options.map { Array($0.utf8) }
            let location = try RepositoryLocation.discover(environment: environment)
            return try RefSettings(try Config.read(location: location, environment: environment), location: location)
        }
    }

    @Test func defaults() throws {
        let plain = try settings([]).get()
        #expect(plain.reflogCreation == .standard && plain.looseLockTimeout == 100 && plain.packedLockTimeout == 1000)
        #expect(plain.syncing == .none && plain.sharedRepository == .umask && !plain.prefersSymlinks)
        #expect(plain.trustsCTime && plain.checksAllStatFields && plain.warnsOfAmbiguousNames)
        #expect(plain.packedTransactions == .auto && !plain.isBare)
        let bare = try settings([], in: "bare").get()
        #expect(bare.reflogCreation == .never && bare.isBare)
    }

    @Test func values() throws {
        #expect(try settings(["core.logAllRefUpdates=Always"]).get().reflogCreation == .always)
        #expect(try settings(["core.logAllRefUpdates=on"], in: "bare").get().reflogCreation == .standard)
        #expect(try settings(["core.logAllRefUpdates=0"]).get().reflogCreation == .never)
        #expect(
            try settings(["core.filesRefLockTimeout=-1", "core.packedRefsTimeout=1k"]).get().looseLockTimeout == -1)
        for (list, isOn) in [
            ("reference", true), ("ref", true), ("all", true), ("a", true), ("committed,-reference", true),
            ("none", false), ("objects,index", false),
            ("-reference", false), ("none,reference", true), ("", false), (" ,, reference", true), ("bogus", false),
            ("-,reference", false),
        ] {
            #expect(try settings(["core.fsync=\(list)"]).get().syncing == (isOn ? .data : .none), "\(list)")
        }
        #expect(try settings(["core.fsync=all", "core.fsyncMethod=writeout-only"]).get().syncing == .writeout)
        #expect(try settings(["core.fsync=bogus"]).get().warnings == ["ignoring unknown core.fsync component 'bogus'"])
        #expect(try settings(["strata.packedTransaction=never"]).get().packedTransactions == .never)
        #expect(try settings(["strata.packedTransaction=64"]).get().packedTransactions == .from(64))
        #expect(try settings(["core.checkStat=Minimal", "core.trustctime=no"]).get().checksAllStatFields == false)
    }

    /// What makes git fail makes this fail, with the same words.
    @Test(.enabled(if: gitVersion >= 250, "messages are those of git 2.50")) func refusals() throws {
        let object = try variables.runGit(["hash-object", "-w", "--stdin"], in: directory.appending("repo")).lines[0]
        for option in [
            "core.logAllRefUpdates=maybe", "core.logAllRefUpdates", "core.abbrev=2", "user.name",
            "core.filesRefLockTimeout=x", "core.filesRefLockTimeout",
            "core.filesRefLockTimeout=3000000000",
            "core.sharedRepository=0400", "core.sharedRepository=maybe", "core.preferSymlinkRefs=x", "core.checkStat=x",
            "core.checkStat", "core.fsync",
            "core.trustctime=2x",
        ] {
            let result = try variables.runGit(
                [
                    "-c", option, "update-ref",
                    "refs/tags/\(option.utf8.count)-\(option.utf8.reduce(0, { $0 &* 31 &+ Int($1) }).magnitude)",
                    object,
                ], in: directory.appending("repo"))
            let used = settings([option]).flatMap { settings in
                outcome { () throws(RepositoryError) in try settings.require(.looseLockTimeout, .sharedRepository) }
            }
            #expect(used.failureMessage == fatalMessage(result), "\(option): \(result.errText)")
        }
    }

    /// A value that is needed later keeps nobody from opening the repository, and stands as its default until then.
    @Test func deferredValues() throws {
        for (option, setting) in [
            ("core.filesRefLockTimeout=x", .looseLockTimeout), ("core.packedRefsTimeout=x", .packedLockTimeout),
            ("core.sharedRepository=x", .sharedRepository), ("core.warnAmbiguousRefs=x", .ambiguousNames),
        ] as [(String, RefSettings.Deferred)] {
            let settings = try settings([option]).get()
            #expect(settings.looseLockTimeout == 100 && settings.packedLockTimeout == 1000)
            #expect(settings.sharedRepository == .umask && settings.warnsOfAmbiguousNames)
            #expect(throws: RepositoryError.self, "\(option)") { try settings.require(setting) }
        }
        try settings([]).get().require(.looseLockTimeout, .packedLockTimeout, .sharedRepository, .ambiguousNames)
    }

    /// Permissions of a new reference file, given by git.
    @Test func sharedRepository() throws {
        let repository = directory.appending("repo")
        let object = try variables.runGit(["hash-object", "-w", "--stdin"], in: repository).lines[0]
        for (number, value) in [
            "umask", "group", "all", "world", "0660", "0600", "0644", "0777", "1", "2", "0", "true", "false", "",
            "0770",
        ].enumerated() {
            let option = "core.sharedRepository=\(value)"
            _ = try variables.runGit(
                ["-c", option, "update-ref", "refs/heads/d\(number)/x", try commit()], in: repository)
            _ = try variables.runGit(["-c", option, "update-ref", "refs/tags/d\(number)/x", object], in: repository)
            let modes = try output(
                "stat",
                [
                    "-c", "%a", repository.appending(".git/refs/tags/d\(number)/x").string,
                    repository.appending(".git/refs/tags/d\(number)").string,
                ]
            ).split(separator: "\n")
            let umask = UInt32(try output("sh", ["-c", "umask"]), radix: 8) ?? 0
            let shared = try settings([option]).get().sharedRepository
            func octal(_ mode: UInt32, isDirectory: Bool) -> String {
                let mode = FilePermissions(rawValue: mode & ~umask)
                return String((shared.adjusted(mode, isDirectory: isDirectory) ?? mode).rawValue, radix: 8)
            }
            let file = octal(0o666, isDirectory: false)
            let folder = octal(0o777, isDirectory: true)
            #expect([file, folder] == modes.map(String.init), "\(value)")
        }
    }

    private func commit() throws -> String {
        var named = variables
        named.values.merge([
            "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a",
        ]) { $1 }
        let repository = directory.appending("repo")
        let tree = try named.runGit(["hash-object", "-t", "tree", "-w", "--stdin"], in: repository).lines[0]
        return try named.runGit(["commit-tree", "-m", "x", tree], in: repository).lines[0]
    }

    @Test func hiddenReferences() throws {
        let text =
            "[transfer]\n\thideRefs = refs/pull/\n\thideRefs = !refs/pull/1\n\thideRefs = ^refs/namespaces/x/refs/heads/a\n[receive]\n\thideRefs = refs/tags\n"
        let config = try Config.parse(Array(text.utf8), name: "f")
        let hidden = try HiddenRefs(config)
        func isHidden(_ name: String, _ rules: HiddenRefs) -> Bool {
            rules.contains(Array(name.utf8), fullName: Array("refs/namespaces/x/\(name)".utf8))
        }
        #expect(
            isHidden("refs/pull/2/head", hidden) && isHidden("refs/pull", hidden)
                && !isHidden("refs/pull/1/head", hidden))
        #expect(
            !isHidden("refs/pulled", hidden) && isHidden("refs/heads/a", hidden) && !isHidden("refs/heads/ab", hidden))
        let receiving = try HiddenRefs(config, section: "receive")
        #expect(!isHidden("refs/tags/x", hidden) && isHidden("refs/tags/x", receiving))
    }

    @Test func reflogExpiry() throws {
        let now: Int64 = 1_700_000_000
        let text =
            "[gc]\n\treflogExpire = 10.days.ago\n[gc \"refs/heads/*\"]\n\treflogExpire = never\n\treflogExpireUnreachable = now\n[gc \"refs/x\"]\n\treflogExpire = 2 weeks\n"
        let expiry = try ReflogExpiry(try Config.parse(Array(text.utf8), name: "f"), now: now)
        #expect(expiry.standard == .init(total: now - 864_000, unreachable: now - 2_592_000))
        #expect(expiry.cutoffs(for: Array("refs/heads/a/b".utf8)) == .init(total: 0, unreachable: Int64.max))
        #expect(expiry.cutoffs(for: Array("refs/x".utf8)) == .init(total: now - 1_209_600, unreachable: 0))
        #expect(expiry.cutoffs(for: Array("refs/stash".utf8)) == .init(total: 0, unreachable: 0))
        #expect(expiry.cutoffs(for: Array("HEAD".utf8)) == expiry.standard)
        let bad = try Config.parse(Array("[gc]\n\n\treflogExpire = sometime\n".utf8), name: "f")
        #expect(
            outcome { () throws(RepositoryError) in try ReflogExpiry(bad, now: now) }.failureMessage
                == "bad config variable 'gc.reflogexpire' in file 'f' at line 3")
    }
}
