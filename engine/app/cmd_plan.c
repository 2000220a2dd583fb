// drumbeat plan: what a campaign will send, give and spend, and when. Plays it in a world where
// nobody answers; nothing leaves the machine.
#include <stdio.h>

#include "app/cmd.h"
#include "app/plan.h"

#define PROBLEMS_MAX ((size_t)1 << 20)
#define PLAN_MAX ((size_t)64 << 20)

static void on_script_error(void *ctx, const char *playbook, const char *scene, const char *error)
{
    struct cli *cli = ctx;
    cli_warn(cli, "%s, \"%s\": %s", playbook, scene, error);
}

static int print_plan(struct cli *cli, struct plan *plan, struct rehearsal *rehearsal)
{
    struct buf out;
    struct err e = {0};
    if (!plan_finish(plan, rehearsal, &e)) {
        return cli_fail(cli, &e);
    }
    buf_init(&out, PLAN_MAX);
    if (cli_has(cli, "json")) {
        plan_put_json(plan, &out);
    } else {
        plan_put_text(plan, &cli->out, cli->lang == CLI_ZH, &out);
    }
    int code = rehearsal->script_errors > 0 ? EXIT_FAILED : EXIT_OK;
    if (out.overflow) {
        err_set(&e, ERR_FULL, "the plan is too large to show: fewer groups say as much");
        code = cli_fail(cli, &e);
    } else {
        fwrite(out.data, 1, out.size, stdout);
    }
    buf_deinit(&out);
    return code;
}

int cmd_plan(struct cli *cli)
{
    struct rehearsal rehearsal;
    struct plan plan;
    struct buf problems;
    struct err e = {0};
    buf_init(&problems, PROBLEMS_MAX);
    plan_init(&plan);
    const struct rehearsal_options options = {
        .folder = cli_arg(cli, 0, "."),
        .seed = 1,
        .quiet_world = true,
        .on_effect = plan_on_effect,
        .ctx = &plan,
        .on_error = on_script_error,
        .on_error_ctx = cli,
    };
    const bool played = rehearsal_run(&rehearsal, &options, &problems, &e);
    // Faults always, warnings unless --quiet.
    if (problems.size > 0 && (!played || !cli->quiet)) {
        fwrite(problems.data, 1, problems.size, stderr);
    }
    int code;
    if (played) {
        code = print_plan(cli, &plan, &rehearsal);
    } else if (!script_has_errors(&problems)) {
        code = cli_fail(cli, &e);
    } else {
        code = cli_exit_of(&e) == EXIT_FAILED ? EXIT_FAILED : EXIT_INVALID;
    }
    plan_deinit(&plan);
    if (played) {
        rehearsal_close(&rehearsal);
    }
    buf_deinit(&problems);
    return code;
}
