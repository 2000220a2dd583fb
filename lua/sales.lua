local M = {}

function M.add()
end

function M.start()
end

return M
